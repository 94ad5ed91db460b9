import type { Others } from "../../../src/api/index.ts";

export type Person = Others["people"][number];

/** So many are shown by name. */
const mostShown = 3;
/** Each with white letters on it that are read easily (WCAG 2.1, 1.4.3). */
const colours = ["#1864ab", "#5f3dc4", "#a61e4d", "#087f5b", "#862e9c", "#a8460b"] as const;

// What says nothing is no name.
export const calledOf = ({ name, displayName }: Person): string =>
  /[\p{L}\p{N}]/u.test(displayName) ? displayName.trim() : name;

/** One or two letters for somebody: of the first and the last of their names. */
export function initialsOf(person: Person): string {
  const words = calledOf(person)
    .split(/[\s._-]+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const [first = "", ...rest] = words.map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? "");
  return `${first}${rest.at(-1) ?? ""}`.toLocaleUpperCase();
}

/** The same for somebody wherever they are seen. */
export const colourOf = ({ name }: Person): string =>
  colours[[...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 0) % colours.length] ??
  colours[0];

/** Those who are shown, how many are not, and what is said of them; nothing of nobody. */
export function shownOf({ people, count }: Others): {
  readonly people: readonly Person[];
  readonly more: number;
  readonly text: string;
} {
  const shown = people.slice(0, mostShown);
  const more = count - shown.length;
  const names = [...shown.map(calledOf), ...(more > 0 ? [`${more} more`] : [])];
  const last = names.at(-1) ?? "";
  const list = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
  return { people: shown, more, text: list === "" ? "" : `${list} ${count === 1 ? "is" : "are"} here too` };
}
