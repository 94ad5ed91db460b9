import type { Path } from "./source.ts";

/**
 * A copy of plain data with every text replaced by `change(text)`. What does not change is shared with
 * the original, and what the original shares (aliases) the copy shares too.
 *
 * @param change gets the way to the text as a function, because few need it
 */
export function mapTexts(data: unknown, change: (text: string, path: () => Path) => unknown): unknown {
  const done = new Map<object, unknown>();
  const steps: (string | number)[] = [];
  const path = (): Path => [...steps];
  const visit = (value: unknown): unknown => {
    if (typeof value === "string") return change(value, path);
    if (typeof value !== "object" || value === null) return value;
    const before = done.get(value);
    if (before !== undefined) return before;
    let copy: unknown[] | Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const step = Array.isArray(value) ? Number(key) : key;
      const part = (value as Record<string, unknown>)[key];
      steps.push(step);
      const changed = visit(part);
      steps.pop();
      if (changed === part) continue;
      copy ??= Array.isArray(value) ? [...value] : { ...value };
      (copy as Record<string | number, unknown>)[step] = changed;
    }
    const result = copy ?? value;
    done.set(value, result);
    return result;
  };
  return visit(data);
}
