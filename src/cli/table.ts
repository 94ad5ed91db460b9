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
