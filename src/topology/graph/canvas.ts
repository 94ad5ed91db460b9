/** Where lines leave a cell; a cell's character follows from them, so that crossings and joints draw themselves. */
const UP = 1;
const DOWN = 2;
const LEFT = 4;
const RIGHT = 8;

/** By the sum of the directions; a line that ends in a cell fills it. */
const LIGHT = " │││─┘┐┤─└┌├─┴┬┼";
/** A double frame, joined by light lines. */
const DOUBLE = " ║║║═╝╗╢═╚╔╟═╧╤╪";
const ROUNDED: Readonly<Record<string, string>> = { "┌": "╭", "┐": "╮", "└": "╰", "┘": "╯" };

export type FrameStyle = "light" | "rounded" | "double";

/** A grid of characters that grows as it is drawn on. Coordinates count from 0, right and down. */
export class Canvas {
  readonly #lines: number[][] = [];
  readonly #texts: (string | undefined)[][] = [];
  readonly #frames: (FrameStyle | undefined)[][] = [];

  /** A line from one column to another in one row, its ends included. */
  horizontal(row: number, from: number, to: number): void {
    const [left, right] = from < to ? [from, to] : [to, from];
    for (let column = left; column < right; column++) {
      this.#join(row, column, RIGHT);
      this.#join(row, column + 1, LEFT);
    }
  }

  /** A line from one row to another in one column, its ends included. */
  vertical(column: number, from: number, to: number): void {
    const [top, bottom] = from < to ? [from, to] : [to, from];
    for (let row = top; row < bottom; row++) {
      this.#join(row, column, DOWN);
      this.#join(row + 1, column, UP);
    }
  }

  frame(row: number, column: number, width: number, height: number, style: FrameStyle): void {
    const [bottom, right] = [row + height - 1, column + width - 1];
    this.horizontal(row, column, right);
    this.horizontal(bottom, column, right);
    this.vertical(column, row, bottom);
    this.vertical(right, row, bottom);
    for (let x = column; x <= right; x++) for (const y of [row, bottom]) set(this.#frames, y, x, style);
    for (let y = row; y <= bottom; y++) for (const x of [column, right]) set(this.#frames, y, x, style);
  }

  /** @param text of characters that are one column wide, as those of `printable` */
  text(row: number, column: number, text: string): void {
    for (const [offset, character] of [...text].entries()) set(this.#texts, row, column + offset, character);
  }

  /** The drawing, line by line, without spaces at the ends. */
  toLines(): string[] {
    const lines: string[] = [];
    for (let row = 0; row < Math.max(this.#lines.length, this.#texts.length); row++) {
      const width = Math.max(this.#lines[row]?.length ?? 0, this.#texts[row]?.length ?? 0);
      let line = "";
      for (let column = 0; column < width; column++) line += this.#texts[row]?.[column] ?? this.#glyph(row, column);
      lines.push(line.trimEnd());
    }
    return lines;
  }

  #glyph(row: number, column: number): string {
    const directions = this.#lines[row]?.[column] ?? 0;
    const style = this.#frames[row]?.[column];
    const light = LIGHT[directions] ?? " ";
    if (style === "double") return DOUBLE[directions] ?? " ";
    return style === "rounded" ? (ROUNDED[light] ?? light) : light;
  }

  #join(row: number, column: number, direction: number): void {
    set(this.#lines, row, column, (this.#lines[row]?.[column] ?? 0) | direction);
  }
}

function set<T>(grid: T[][], row: number, column: number, value: T): void {
  while (grid.length <= row) grid.push([]);
  (grid[row] as T[])[column] = value;
}
