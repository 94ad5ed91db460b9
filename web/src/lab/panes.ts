/** What is shown in a place of its own. The id is one of HTML, too: without spaces. */
export type Pane =
  | { readonly id: string; readonly is: "terminal"; readonly node: string }
  | { readonly id: string; readonly is: "console"; readonly node: string }
  | { readonly id: string; readonly is: "capture"; readonly target: string };

export type Direction = "beside" | "below";

/** How panes share the room of a tab. Shares of the parts are in the same units, whatever they are. */
export type Tree =
  | { readonly is: "pane"; readonly id: string }
  | {
      readonly is: "split";
      readonly direction: Direction;
      readonly parts: readonly { readonly share: number; readonly tree: Tree }[];
    };

/** In percent of the tab. */
export type Rect = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

/** Between the parts `index` and `index + 1` of the split that `path` leads to. */
export type Seam = {
  readonly path: readonly number[];
  readonly index: number;
  readonly direction: Direction;
  readonly rect: Rect;
  /** Of the split, in percent: what is shared. */
  readonly whole: Rect;
};

const all: Rect = { left: 0, top: 0, width: 100, height: 100 };
/** No pane becomes smaller than this part of what two share. */
const leastShare = 0.1;

export const idsOf = (tree: Tree): readonly string[] =>
  tree.is === "pane" ? [tree.id] : tree.parts.flatMap(({ tree: part }) => idsOf(part));

/** Puts a new pane beside another one, or below it; they share its room. */
export function split(tree: Tree, id: string, direction: Direction, added: string): Tree {
  const fresh: Tree = { is: "pane", id: added };
  if (tree.is === "pane") {
    if (tree.id !== id) return tree;
    const parts = [tree, fresh].map((part) => ({ share: 1, tree: part }));
    return { is: "split", direction, parts };
  }
  const at = tree.parts.findIndex(({ tree: part }) => part.is === "pane" && part.id === id);
  if (at < 0 || tree.direction !== direction)
    return { ...tree, parts: tree.parts.map((part) => ({ ...part, tree: split(part.tree, id, direction, added) })) };
  const share = (tree.parts[at]?.share ?? 1) / 2;
  const parts = tree.parts.flatMap((part, index) =>
    index === at
      ? [
          { share, tree: part.tree },
          { share, tree: fresh },
        ]
      : [part],
  );
  return { ...tree, parts };
}

/** Takes a pane out; its neighbours get its room. @returns undefined when it was the last */
export function without(tree: Tree, id: string): Tree | undefined {
  if (tree.is === "pane") return tree.id === id ? undefined : tree;
  const parts = tree.parts.flatMap(({ share, tree: part }) => {
    const rest = without(part, id);
    return rest === undefined ? [] : [{ share, tree: rest }];
  });
  return parts.length > 1 ? { ...tree, parts } : parts[0]?.tree;
}

/** Moves a seam by a part of what its split has (0.1: a tenth). */
export function move(tree: Tree, path: readonly number[], index: number, by: number): Tree {
  if (tree.is === "pane") return tree;
  const [next, ...rest] = path;
  if (next !== undefined) {
    const parts = tree.parts.map((part, at) =>
      at === next ? { ...part, tree: move(part.tree, rest, index, by) } : part,
    );
    return { ...tree, parts };
  }
  const sum = tree.parts.reduce((known, { share }) => known + share, 0);
  const [one, other] = [tree.parts[index]?.share ?? 0, tree.parts[index + 1]?.share ?? 0];
  const least = (one + other) * leastShare;
  const wanted = Math.min(one + other - least, Math.max(least, one + by * sum));
  const parts = tree.parts.map((part, at) =>
    at === index ? { ...part, share: wanted } : at === index + 1 ? { ...part, share: one + other - wanted } : part,
  );
  return { ...tree, parts };
}

/** Where each pane is, and each seam. */
export function place(tree: Tree): { readonly panes: ReadonlyMap<string, Rect>; readonly seams: readonly Seam[] } {
  const panes = new Map<string, Rect>();
  const seams: Seam[] = [];
  const visit = (part: Tree, rect: Rect, path: readonly number[]): void => {
    if (part.is === "pane") {
      panes.set(part.id, rect);
      return;
    }
    const sum = part.parts.reduce((known, { share }) => known + share, 0);
    let before = 0;
    for (const [index, { share, tree: inner }] of part.parts.entries()) {
      const [from, size] = [before / sum, share / sum];
      const own =
        part.direction === "beside"
          ? { ...rect, left: rect.left + from * rect.width, width: size * rect.width }
          : { ...rect, top: rect.top + from * rect.height, height: size * rect.height };
      if (index > 0) seams.push({ path, index: index - 1, direction: part.direction, rect: own, whole: rect });
      visit(inner, own, [...path, index]);
      before += share;
    }
  };
  visit(tree, all, []);
  return { panes, seams };
}
