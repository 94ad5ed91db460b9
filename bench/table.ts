import type { Figure } from "./case.ts";

/** A figure and how it compares. */
export type Row = Figure & {
  /** E.g. `≥ 0.85 ×`; empty for a figure without one. */
  readonly target: string;
  readonly verdict: "met" | "MISSED" | "";
};

/** Lays rows out in columns, a line each. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.figure, `${digits(row.value)} ${row.unit}`, row.target, row.verdict] as const);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map(([figure, value, target, verdict]) =>
      `  ${figure.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${target.padEnd(widths[2] ?? 0)}  ${verdict}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Three significant digits, or all before the point. */
const digits = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
