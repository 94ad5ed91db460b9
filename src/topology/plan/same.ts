import type { Link, LinkConditions } from "../model.ts";

/**
 * Whether two values of the resolved model are equal: by content, with the order of keys and keys
 * that are `undefined` of no account, the order of arrays of account. Plain JSON data only.
 */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]))
    );
  }
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  for (const key in left) if (!same(left[key], Object.hasOwn(right, key) ? right[key] : undefined)) return false;
  for (const key in right) if (right[key] !== undefined && !Object.hasOwn(left, key)) return false;
  return true;
}

/** What of a link changes while it stays connected. */
export const conditionsOf = ({ impairments, medium }: Link): LinkConditions => ({
  ...(impairments === undefined ? {} : { impairments }),
  ...(medium === undefined ? {} : { medium }),
});
