import type { SourcePosition } from "../errors/error.ts";

/** Keys and indices from the root of a lab file down to a value. */
export type Path = readonly (string | number)[];

/** What the error is about: the value at a path, or the key that it stands under. */
export type Target = "key" | "value";

/** Finds the place of a path in what the lab was read from; the nearest enclosing one where it has none of its own. */
export type Locate = (path: Path, target: Target) => SourcePosition | undefined;

/** `nodes.h1.interfaces.eth0`, `links[2]`. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : text === "" ? step : `.${step}`;
  return text;
}

/** Line and column of an offset in a text. Lines are found once and searched often. */
export class LineIndex {
  readonly #file: string;
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** Counts from 1. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** The place from `start` to `end`, cut at the end of its first line. */
  positionOf(start: number, end: number, path?: Path): SourcePosition {
    const line = this.lineOf(Math.min(start, this.#text.length));
    const lineStart = this.#starts[line - 1] as number;
    const next = this.#starts[line];
    const text = this.#text.slice(lineStart, next === undefined ? undefined : next - 1).replace(/\r$/, "");
    const column = Math.min(start - lineStart, text.length);
    return {
      file: this.#file,
      line,
      column: column + 1,
      length: Math.max(1, Math.min(end - lineStart, text.length) - column),
      text,
      ...(path === undefined || path.length === 0 ? {} : { path: pathText(path) }),
    };
  }
}
