import { inspect } from "node:util";

/** A value of a pattern or a packet, in little room. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return `a value for which ${shortened(String(value).replaceAll(/\s+/g, " "))}`;
  if (typeof value === "string") return shortened(JSON.stringify(value));
  if (value instanceof Uint8Array) return `bytes ${shortened(Buffer.from(value).toString("hex"))}`;
  return shortened(inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 3, maxArrayLength: 8 }));
}

const mostCharacters = 160;
const shortened = (text: string): string => (text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text);
