import type { LabNode, Link } from "../model.ts";

/**
 * A drawn lab in cells of a character grid: what the terminal prints and SVG scales. Columns count
 * from 0 to the right, rows from 0 down; lines run through the middle of cells.
 */
export type Drawing = {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly DrawnBox[];
  /** Nodes that hang below their only neighbour: one line of text each. */
  readonly leaves: readonly DrawnLeaf[];
  readonly wires: readonly Wire[];
  /** Interface names beside the ends of wires. */
  readonly labels: readonly Label[];
};

export type DrawnBox = {
  readonly node: LabNode;
  readonly lines: readonly string[];
  readonly column: number;
  readonly row: number;
  /** With the borders. */
  readonly width: number;
  readonly height: number;
};

export type DrawnLeaf = Label & { readonly node: LabNode };
export type Label = { readonly text: string; readonly column: number; readonly row: number };

/** A link: horizontal and vertical lines from point to point. */
export type Wire = { readonly link: Link; readonly points: readonly Point[] };
export type Point = { readonly column: number; readonly row: number };

const BETWEEN_COLUMNS = 3;
const BETWEEN_ROWS = 1;

/** Drawings side by side as long as they fit in `columns`, then below. */
export function shelve(drawings: readonly Drawing[], columns: number): Drawing {
  const placed: Drawing[] = [];
  let [column, row, nextRow, width] = [0, 0, 0, 0];
  for (const drawing of drawings) {
    if (column > 0 && column + drawing.width > columns) [column, row] = [0, nextRow];
    placed.push(shift(drawing, column, row));
    width = Math.max(width, column + drawing.width);
    nextRow = Math.max(nextRow, row + drawing.height + BETWEEN_ROWS);
    column += drawing.width + BETWEEN_COLUMNS;
  }
  return {
    width,
    height: Math.max(0, nextRow - BETWEEN_ROWS),
    boxes: placed.flatMap((one) => one.boxes),
    leaves: placed.flatMap((one) => one.leaves),
    wires: placed.flatMap((one) => one.wires),
    labels: placed.flatMap((one) => one.labels),
  };
}

function shift(drawing: Drawing, right: number, down: number): Drawing {
  const move = <T extends Point>(item: T): T => ({ ...item, column: item.column + right, row: item.row + down });
  return {
    ...drawing,
    boxes: drawing.boxes.map(move),
    leaves: drawing.leaves.map(move),
    wires: drawing.wires.map(({ link, points }) => ({ link, points: points.map(move) })),
    labels: drawing.labels.map(move),
  };
}
