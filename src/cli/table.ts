import { stripVTControlCharacters } from "node:util";

/** Cells by row; numbers stand on the right. */
export type Row = readonly (string | number)[];

/** How many columns of a terminal a text takes: East Asian wide characters take two. */
export function width(text: string): number {
  let columns = 0;
  for (const char of stripVTControlCharacters(text)) {
    const code = char.codePointAt(0) ?? 0;
    columns += code < 0x300 ? 1 : /\p{Mark}/u.test(char) ? 0 : isWide(code) ? 2 : 1;
  }
  return columns;
}

/** Unicode Standard Annex 11, the blocks that are wide throughout. */
const isWide = (code: number): boolean =>
  (code >= 0x1100 && code <= 0x115f) ||
  (code >= 0x2e80 && code <= 0xa4cf) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0x1f300 && code <= 0x1faff) ||
  (code >= 0x20000 && code <= 0x3fffd);

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
