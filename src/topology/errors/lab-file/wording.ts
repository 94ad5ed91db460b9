/** The remedy for a word that is not known: the nearest known one, else a few of them. */
export function didYouMean(nearest: string | undefined, known: readonly string[], what: string): string {
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  if (known.length === 0) return `There are no ${what} here.`;
  return `The ${what} here: ${listed(known)}.`;
}

/** At most eight of a list, and how many are left. */
export function listed(words: readonly string[]): string {
  const shown = words.slice(0, 8);
  return words.length > shown.length ? `${shown.join(", ")} and ${words.length - shown.length} more` : shown.join(", ");
}

/** `1 port`, `3 ports`, `2,000 addresses`. */
export const counted = (count: number | bigint, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 || count === 1n ? "" : noun.endsWith("s") ? "es" : "s"}`;
