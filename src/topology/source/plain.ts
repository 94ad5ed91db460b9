import type { Findings } from "../findings.ts";
import type { Path } from "./source.ts";

/** As in YAML: deeper than any lab file, and what a value that holds itself comes to. */
export const maximumDepth = 64;

/**
 * A copy of what a program gives as a lab: maps and lists like those of a file. Keys that a file could
 * not have are reported and left out.
 */
export function readPlain(value: unknown, findings: Findings): unknown {
  let isDeep = false;
  const visit = (part: unknown, path: Path): unknown => {
    if (typeof part !== "object" || part === null || isDeep) return part;
    if (path.length > maximumDepth) {
      isDeep = true;
      findings.error("YAML_TOO_DEEP", { limit: maximumDepth }, path);
      return null;
    }
    if (Array.isArray(part)) return part.map((item, index) => visit(item, [...path, index]));
    const copy: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(part)) {
      if (key === "__proto__" || key === "") {
        findings.error("BAD_KEY", { shown: key === "" ? "An empty text" : `"${key}"` }, [...path, key]);
      } else copy[key] = visit(item, [...path, key]);
    }
    return copy;
  };
  const copy = visit(value, []);
  return isDeep ? {} : copy;
}
