import { stripVTControlCharacters } from "node:util";
import { textWidth } from "../topology/errors/text-width.ts";

/** Cells by row; numbers stand on the right. */
export type Row = readonly (string | number)[];

/** Of what a terminal shows of it. */
export const width = (text: string): number => textWidth(stripVTControlCharacters(text));

/**
 * Lines of a table with aligned columns, two spaces apart, without trailing blanks.
 *
 * @param heading in capitals, as `ps` and `docker` have it; painted by `paint`
 */
export function table(
  heading: readonly string[],
  rows: readonly Row[],
  paint: (text: string) => string = (text) => text,
): readonly string[] {
  const widths = heading.map((title, column) =>
    rows.reduce((widest, row) => Math.max(widest, width(String(row[column] ?? ""))), width(title)),
  );
  const numeric = heading.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === ""),
  );
  const line = (row: Row, decorate: (text: string) => string) =>
    decorate(
      row
        .map((cell, column) => {
          const text = String(cell);
          const blanks = " ".repeat(Math.max(0, (widths[column] ?? 0) - width(text)));
          return numeric[column] ? blanks + text : text + blanks;
        })
        .join("  ")
        .trimEnd(),
    );
  return [line(heading, paint), ...rows.map((row) => line(row, (text) => text))];
}

/** How long ago, in the largest unit that says enough: `42s`, `17m`, `5h`, `3d`. */
export function age(since: string, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
