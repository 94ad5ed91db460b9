import { labError } from "./errors/error.ts";
import { endpointText, type Link } from "./model.ts";
import { nearest } from "./nearest.ts";

/**
 * The link that a person means: by its id (`h1:eth0 — r1:eth1`, or with `--`), by one of its
 * interfaces (`r1:eth1`), or by the two nodes or interfaces it joins (`h1 r1`, `h1:eth0 r1`).
 *
 * @param words one or two, as given on a command line
 * @throws LINK_NOT_FOUND, LINK_AMBIGUOUS
 */
export function findLink(
  lab: string,
  links: readonly Pick<Link, "id" | "a" | "b">[],
  words: readonly string[],
): string {
  const text = words.join(" ");
  const ends = text.split(/\s+(?:—|--)\s+|\s+/).filter((word) => word !== "");
  const matches = links.filter(({ id, a, b }) => {
    if (id === text) return true;
    const [first, second] = ends;
    if (first === undefined || ends.length > 2) return false;
    if (second === undefined) return first.includes(":") && [a, b].some((end) => endpointText(end) === first);
    return (isEnd(a, first) && isEnd(b, second)) || (isEnd(a, second) && isEnd(b, first));
  });
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only.id;
  if (matches.length > 1) throw labError("LINK_AMBIGUOUS", { link: text, matches: matches.map((link) => link.id) });
  const suggestion = nearest(
    text,
    links.flatMap(({ id, a, b }) => [id, endpointText(a), endpointText(b), `${a.node} ${b.node}`]),
  );
  throw labError("LINK_NOT_FOUND", { link: text, lab, ...(suggestion === undefined ? {} : { nearest: suggestion }) });
}

/** Whether `word` names this end: its node, or its interface. */
export const isEnd = (end: Link["a"], word: string): boolean =>
  word.includes(":") ? endpointText(end) === word : end.node === word;
