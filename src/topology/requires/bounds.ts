/** Bounds of a number, both included: `>= 512`, `<= 10`, `= 1` or `1`, `512..4096`. */
export type Bounds = { readonly least: number; readonly most: number };

export const boundsPattern = /^\s*(?:(>=|<=|=)?\s*(-?\d+)|(-?\d+)\s*\.\.\s*(-?\d+))\s*$/;
export const versionPattern = /^\s*(>=|<=)\s*(\d+(?:\.\d+){0,2})\s*$/;

/** @returns undefined for what `boundsPattern` does not match */
export function parseBounds(text: string): Bounds | undefined {
  const match = boundsPattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "=", one, least, most] = match;
  if (one === undefined) return { least: Number(least), most: Number(most) };
  const value = Number(one);
  if (sign === "=") return { least: value, most: value };
  return sign === ">=" ? { least: value, most: Infinity } : { least: -Infinity, most: value };
}

export const isWithin = (value: number, { least, most }: Bounds): boolean => value >= least && value <= most;

/** The value within bounds that is nearest to the one that is not: what it takes to set it right. */
export const nearestWithin = (value: number, { least, most }: Bounds): number => (value < least ? least : most);

/**
 * Whether a kernel's release satisfies `>= 5.15` or `<= 6.1`; what a bound does not say, any release has.
 *
 * @param release as uname(2) gives it: `6.1.0-18-amd64`
 */
export function isReleaseWithin(release: string, bound: string): boolean {
  const [, sign, version = ""] = versionPattern.exec(bound) ?? [];
  const wanted = version.split(".").map(Number);
  const has = /^\d+(?:\.\d+)*/.exec(release)?.[0].split(".").map(Number) ?? [];
  const order = wanted.map((part, index) => (has[index] ?? 0) - part).find((difference) => difference !== 0) ?? 0;
  return sign === ">=" ? order >= 0 : order <= 0;
}
