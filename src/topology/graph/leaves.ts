import type { Leaf } from "./boxes.ts";
import type { DrawnLeaf, Wire } from "./drawing.ts";

/** From the trunk that leaves hang on to their text: `├─ `. */
const INDENT = 3;
const GAP = 2;
/** More leaves than this hang in several columns. */
const ONE_COLUMN = 20;
/** How much higher than wide a cell is. */
const CELL_RATIO = 2;

/** Leaves in columns, each on a trunk of its own, below the corner of a box. */
export type Hanging = {
  readonly columns: number;
  readonly columnWidth: number;
  readonly width: number;
  readonly height: number;
};

/** How the leaves of a node hang: in one column if they are few, else in as many as make the block about square. */
export function hang(leaves: readonly Leaf[], maxWidth: number): Hanging {
  if (leaves.length === 0) return { columns: 0, columnWidth: 0, width: 0, height: 0 };
  const columnWidth = INDENT + GAP + Math.max(...leaves.map(({ text }) => text.length));
  const square = Math.ceil(Math.sqrt((leaves.length * CELL_RATIO) / columnWidth));
  const room = Math.floor((maxWidth - 1 + GAP) / columnWidth);
  const columns = leaves.length <= ONE_COLUMN ? 1 : Math.max(1, Math.min(square, room));
  const rows = Math.ceil(leaves.length / columns);
  return {
    columns,
    columnWidth,
    width: 1 + columns * columnWidth - GAP,
    // Several columns share a line that leads to them.
    height: rows + (columns > 1 ? 1 : 0),
  };
}

/**
 * Places leaves below a box.
 *
 * @param left the box's left border
 * @param bottom its lower border
 */
export function placeLeaves(
  leaves: readonly Leaf[],
  { columns, columnWidth }: Hanging,
  left: number,
  bottom: number,
): { readonly leaves: readonly DrawnLeaf[]; readonly wires: readonly Wire[] } {
  const rows = Math.ceil(leaves.length / columns);
  const start = left + 1;
  const first = bottom + (columns > 1 ? 2 : 1);
  const placed = leaves.map(({ node, link, text }, index) => {
    const trunk = start + Math.floor(index / rows) * columnWidth;
    const row = first + (index % rows);
    const points = [
      { column: start, row: bottom },
      { column: start, row: bottom + 1 },
      { column: trunk, row: bottom + 1 },
      { column: trunk, row },
      { column: trunk + 1, row },
    ];
    return { leaf: { node, text, column: trunk + INDENT, row }, wire: { link, points } };
  });
  return { leaves: placed.map(({ leaf }) => leaf), wires: placed.map(({ wire }) => wire) };
}
