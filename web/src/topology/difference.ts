/** Lines of two texts: in both, or in one of them. */
export type DiffLine = {
  readonly is: "same" | "gone" | "new";
  readonly text: string;
  /** Numbers of the line in the old and in the new text, from 1. */
  readonly old?: number;
  readonly new?: number;
};

/** Beyond this many lines that differ, what is in between is told as all gone and all new. */
const mostEdits = 2_000;

/**
 * The shortest way from one text to another, line by line.
 *
 * @see E. W. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1 (1986)
 */
export function differenceOf(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = shortest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const all = [
    ...a.slice(0, start).map((text) => ({ is: "same" as const, text })),
    ...middle,
    ...a.slice(a.length - end).map((text) => ({ is: "same" as const, text })),
  ];
  let [old, fresh] = [0, 0];
  return all.map(({ is, text }): DiffLine => {
    if (is !== "new") old += 1;
    if (is !== "gone") fresh += 1;
    return { is, text, ...(is === "new" ? {} : { old }), ...(is === "gone" ? {} : { new: fresh }) };
  });
}

const linesOf = (text: string): readonly string[] => {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
};

type Plain = Pick<DiffLine, "is" | "text">;

function shortest(a: readonly string[], b: readonly string[]): readonly Plain[] {
  const rough = () => [
    ...a.map((text): Plain => ({ is: "gone", text })),
    ...b.map((text): Plain => ({ is: "new", text })),
  ];
  if (a.length === 0 || b.length === 0) return rough();
  // Of each diagonal, how far it is reached with so many edits.
  const trace: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(a.length + b.length, mostEdits); edits += 1) {
    trace.push(reach);
    reach = new Map(reach);
    for (let k = -edits; k <= edits; k += 2) {
      let x = goesDown(reach, k, edits) ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return back(a, b, trace);
    }
  }
  return rough();
}

const goesDown = (reach: ReadonlyMap<number, number>, k: number, edits: number): boolean =>
  k === -edits || (k !== edits && (reach.get(k - 1) ?? 0) < (reach.get(k + 1) ?? 0));

function back(a: readonly string[], b: readonly string[], trace: readonly ReadonlyMap<number, number>[]): Plain[] {
  const lines: Plain[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reach = trace[edits] ?? new Map<number, number>();
    const k = x - y;
    const from = goesDown(reach, k, edits) ? k + 1 : k - 1;
    const fromX = reach.get(from) ?? 0;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      lines.push({ is: "same", text: a[x - 1] ?? "" });
      x -= 1;
      y -= 1;
    }
    if (edits === 0) break;
    if (x === fromX) lines.push({ is: "new", text: b[y - 1] ?? "" });
    else lines.push({ is: "gone", text: a[x - 1] ?? "" });
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

/** Lines that differ, with some around them; `skipped` lines stand before each piece. */
export function hunksOf(
  lines: readonly DiffLine[],
  around = 3,
): readonly { readonly skipped: number; readonly lines: readonly DiffLine[] }[] {
  const shown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ is }) => is !== "same"),
  );
  const hunks: { skipped: number; lines: DiffLine[] }[] = [];
  let skipped = 0;
  for (const [index, line] of lines.entries()) {
    if (shown[index] !== true) {
      skipped += 1;
      continue;
    }
    if (skipped > 0 || hunks.length === 0) hunks.push({ skipped, lines: [] });
    skipped = 0;
    hunks.at(-1)?.lines.push(line);
  }
  return hunks;
}
