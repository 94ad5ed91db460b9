import { createHash } from "node:crypto";
import { labError } from "../../topology/index.ts";

/** What If-Match says (RFC 9110, 13.1.1): whatever is there, or one of these revisions. */
export type IfMatch = "any" | readonly number[];

const tag = '(?:W/)?"[^"]*"';
const list = new RegExp(`^${tag}(?:\\s*,\\s*${tag})*$`);

/** Letters of what stands for an answer's text in its tag. */
const digestLetters = 22;

/**
 * The entity tag of an answer (RFC 9110, 8.8.3): the revision, which If-Match heeds, and what the answer says, which
 * may change without one, as a lab's state does.
 */
export const tagOf = (revision: number, body: string): string =>
  `"${revision}.${createHash("sha256").update(body).digest("base64url").slice(0, digestLetters)}"`;

/** @param count of what was changed of a resource that had the revision which was read @throws CHANGED_MEANWHILE */
export function requireChanged(count: bigint | undefined, what: string): void {
  if (count !== 1n) throw labError("CHANGED_MEANWHILE", { what });
}

/** Whether who asks has seen the very same answer (RFC 9110, 13.1.2: compared weakly). */
export function isSeen(ifNoneMatch: string | undefined, tag: string): boolean {
  const text = ifNoneMatch?.trim();
  return text === "*" || [...(text?.matchAll(/"[^"]*"/g) ?? [])].some(([one]) => one === tag);
}

/** @throws BAD_REQUEST for what is no list of entity tags */
export function parseIfMatch(header: string | undefined): IfMatch | undefined {
  const text = header?.trim();
  if (text === undefined) return undefined;
  if (text === "*") return "any";
  if (!list.test(text))
    throw labError("BAD_REQUEST", { detail: `If-Match is no list of entity tags: ${text.slice(0, 100)}` });
  // A tag that is none of ours is like that of another revision. A proxy that compresses makes ours weak.
  return [...text.matchAll(/"([^"]*)"/g)].map(([, inside = ""]) =>
    Number(/^(\d{1,15})(?:\.[\w-]+)?$/.exec(inside)?.[1] ?? -1),
  );
}

/**
 * @param revision of what is there; undefined for nothing, which 0 stands for
 * @param what for the error: "Topology shop"
 * @throws CHANGED_MEANWHILE
 */
export function requireMatch(ifMatch: IfMatch | undefined, revision: number | undefined, what: string): void {
  if (ifMatch === undefined) return;
  // Who saves what was not there has seen no version of it: that is 0.
  const matches = ifMatch === "any" ? revision !== undefined : ifMatch.includes(revision ?? 0);
  if (!matches) throw labError("CHANGED_MEANWHILE", { what });
}
