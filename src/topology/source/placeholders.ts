import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import type { Path } from "./source.ts";
import { mapTexts } from "./texts.ts";

/** What `${node.…}` stands for in one node: always `name`; `index`, `role` and more in generated ones. */
export type Placeholders = { readonly name: string } & Readonly<Record<string, string>>;

const placeholder = /(\$?)\$\{node\.([a-z0-9]+)\}/g;

/** Whether any text in `data` depends on the node it is for. */
export function hasPlaceholders(data: unknown): boolean {
  let found = false;
  mapTexts(data, (text) => {
    found ||= text.includes("${node.");
    return text;
  });
  return found;
}

/**
 * Puts a node's values in place of `${node.name}` and the like; `$${node.name}` becomes the literal
 * `${node.name}`.
 *
 * @param path of `data`, for errors
 */
export function fillPlaceholders<Data>(data: Data, values: Placeholders, path: Path, findings: Findings): Data {
  return mapTexts(data, (text, below) =>
    text.includes("${node.")
      ? text.replace(placeholder, (match: string, escaped: string, name: string) => {
          if (escaped !== "") return match.slice(1);
          if (Object.hasOwn(values, name)) return values[name] as string;
          const known = Object.keys(values);
          const suggestion = nearest(name, known);
          const details = {
            name,
            known,
            of: values.name,
            ...(suggestion === undefined ? {} : { nearest: suggestion }),
          };
          findings.error("PLACEHOLDER_UNKNOWN", details, [...path, ...below()]);
          return match;
        })
      : text,
  ) as Data;
}
