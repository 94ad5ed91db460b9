import * as z from "zod";
import type { Command, Readiness } from "../model.ts";
import { map, text } from "../schema/form.ts";
import type { Json, OwnedFile } from "./software.ts";

/** What several kinds are put together from. */

const fileSchemas = new WeakSet<z.core.$ZodType>();

/** A text in the lab file, or `{from: path}`, which the resolver replaces by the text of that file. */
export function textOrFile(phrase: string) {
  const schema = z.union(
    [
      text(phrase),
      map({ from: text("a path").describe("A file on this machine; relative to the lab file") }, "{from: a path}"),
    ],
    { error: `${phrase}, or {from: a path}` },
  );
  fileSchemas.add(schema);
  return schema as unknown as z.ZodType<string, string | { readonly from: string }>;
}

type Read = (path: string, at: readonly (string | number)[]) => string;

/**
 * A value with the text of each file in place of `{from: path}`, where its schema has `textOrFile`.
 *
 * @param value of the form the schema wants
 */
export function withFiles(schema: z.core.$ZodType, value: Json, at: readonly (string | number)[], read: Read): Json {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (fileSchemas.has(schema)) {
    return isMap(value) && typeof value.from === "string" ? read(value.from, [...at, "from"]) : value;
  }
  if (def.type === "optional" || def.type === "nullable")
    return value === null ? null : withFiles(def.innerType, value, at, read);
  if (def.type === "union") return def.options.reduce((known: Json, one) => withFiles(one, known, at, read), value);
  if (def.type === "array" && isList(value))
    return value.map((item, index) => withFiles(def.element, item, [...at, index], read));
  if (def.type === "record" && isMap(value))
    return mapValues(value, (one, key) => withFiles(def.valueType, one, [...at, key], read));
  if (def.type === "object" && isMap(value)) {
    const { shape } = def;
    return mapValues(value, (one, key) =>
      shape[key] === undefined ? one : withFiles(shape[key], one, [...at, key], read),
    );
  }
  return value;
}

type JsonMap = { readonly [key: string]: Json };

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isMap = (value: Json): value is JsonMap => typeof value === "object" && value !== null && !Array.isArray(value);
const mapValues = (value: JsonMap, change: (one: Json, key: string) => Json): Json =>
  Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one, key)]));

export const textFile = (path: string, content: string, mode = 0o644): OwnedFile => ({
  path,
  contentBase64: Buffer.from(content).toString("base64"),
  mode,
});

export const argv = (...words: readonly string[]): Command => ({ argv: words });

const startMs = 20_000;
const soon = (check: Readiness["check"]): Readiness => ({ intervalMs: 20, timeoutMs: startMs, check });

/** Ready when something listens on a port of the node. */
export const listens = (type: "tcp" | "udp", port: number): Readiness => soon({ type, port });

/** Ready when a line of its output matches a regular expression (ECMAScript). */
export const says = (pattern: string): Readiness => soon({ type: "log", pattern });

/** A path below a folder that no `..` leads out of, or undefined. */
export function pathBelow(folder: string, path: string): string | undefined {
  const parts = path.replace(/^\/+/, "").split("/");
  return parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))
    ? undefined
    : `${folder}/${parts.join("/")}`;
}
