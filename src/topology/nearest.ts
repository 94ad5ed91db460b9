/**
 * The candidate that a misspelt word most likely means, for "Did you mean …?"; undefined when none is
 * close: more than a third of the letters (at least one) would have to change. Case is of no account.
 *
 * Distance is that of Damerau and Levenshtein in its restricted form: letters inserted, deleted,
 * replaced, or two neighbours swapped.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance > limit || (best !== undefined && distance > best.distance)) continue;
    // Of equals the one that begins alike: "node" means "nodes", not "mode".
    const isCloser =
      best === undefined ||
      distance < best.distance ||
      sharedBeginning(word, candidate) > sharedBeginning(word, best.candidate);
    if (isCloser) best = { candidate, distance };
  }
  return best?.candidate;
}

function sharedBeginning(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] as number;
