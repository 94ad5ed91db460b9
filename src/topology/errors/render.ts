import type { ErrorReport, LabFileError, NetwrightError, SourcePosition } from "./error.ts";
import { textWidth } from "./text-width.ts";

/** What is rendered: a whole error or its JSON form. */
export type Renderable = Pick<NetwrightError, "message" | "remedy" | "at"> | ErrorReport;

export type RenderOptions = {
  /** Terminal colours (ECMA-48, 8.3.117). */
  readonly color?: boolean;
  /** A warning is marked as one. */
  readonly severity?: "error" | "warning";
};

/** Longer source lines are shown in part. */
const excerptWidth = 100;

/**
 * An error as text for people: place and message, the line with a mark under the place, and what to do.
 *
 * ```text
 * lab.yaml:14:5  r1:eth1 is already used by link "r1:eth1 — r2:eth1".
 *   14 |   - [r1:eth1, r3:eth2]
 *      |      ^^^^^^^
 * Give one of the two links another interface, for example r1:eth2.
 * ```
 *
 * @returns lines joined by newlines, without one at the end
 */
export function renderError(error: Renderable, { color = false, severity = "error" }: RenderOptions = {}): string {
  const paint = color ? painted : plain;
  const ink = severity === "error" ? inks.red : inks.yellow;
  const { message, remedy, at } = error;
  const place = at === undefined ? "" : `${paint(inks.bold, placeOf(at))}  `;
  const mark = severity === "warning" ? `${paint(inks.yellow, "warning:")} ` : "";
  return [
    `${place}${mark}${paint(inks.bold, visible(message))}`,
    ...(at === undefined || at.line === 0
      ? []
      : excerpt(
          at,
          (text) => paint(ink, text),
          (text) => paint(inks.dim, text),
        )),
    ...(remedy === undefined ? [] : [visible(remedy)]),
  ].join("\n");
}

/** All errors of a lab file, with an empty line between two. */
export const renderLabFileError = (error: LabFileError, options: RenderOptions = {}): string =>
  error.errors.map((one) => renderError(one, options)).join("\n\n");

function placeOf({ file, line, column, path }: SourcePosition): string {
  if (line > 0) return visible(`${file}:${line}:${column}`);
  return visible(path === undefined || path === "" ? file : `${file}: ${path}`);
}

type Brush = (text: string) => string;

function excerpt({ line, column, length, text }: SourcePosition, ink: Brush, dim: Brush): readonly string[] {
  const gutter = String(line).padStart(4);
  const { shown, start } = window(text, column - 1);
  // Wide characters take two cells, which the mark has to follow.
  const before = textWidth(shown.slice(0, start));
  const marked = shown.slice(start, start + length);
  const mark = "^".repeat(Math.max(1, textWidth(marked)));
  return [
    `${dim(`${gutter} |`)} ${shown}`.trimEnd(),
    `${dim(`${" ".repeat(gutter.length)} |`)} ${" ".repeat(before)}${ink(mark)}`,
  ];
}

/** The part of a line around a column, and where the column is in it. */
function window(text: string, column: number): { readonly shown: string; readonly start: number } {
  const clean = visible(text);
  if (clean.length <= excerptWidth) return { shown: clean, start: column };
  const from = Math.max(0, Math.min(column - excerptWidth / 4, clean.length - excerptWidth));
  const head = from > 0 ? "…" : "";
  const tail = from + excerptWidth < clean.length ? "…" : "";
  return { shown: `${head}${clean.slice(from, from + excerptWidth)}${tail}`, start: column - from + head.length };
}

/** Foreign text must not move the cursor: each control character becomes one visible character, so that columns stay. */
const visible = (text: string): string =>
  text.replace(/[^\P{C}\n]|[\u2028\u2029]/gu, (char) =>
    char === "\t"
      ? " "
      : isControlPicture(char)
        ? String.fromCodePoint(0x2400 + char.charCodeAt(0))
        : "\ufffd".repeat(char.length),
  );

const isControlPicture = (char: string): boolean => char.length === 1 && char.charCodeAt(0) < 0x20;

const inks = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39] } as const;
type Ink = (typeof inks)[keyof typeof inks];

const plain = (_ink: Ink, text: string): string => text;
const painted = ([on, off]: Ink, text: string): string => `\x1b[${on}m${text}\x1b[${off}m`;
