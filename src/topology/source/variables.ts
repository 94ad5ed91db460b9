import { labError } from "../errors/error.ts";
import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import { mapTexts } from "./texts.ts";

export type Variable = string | number | boolean;

/**
 * The values of a file's variables: those of `--set`, else the defaults under `variables:`. A value
 * given as text becomes a number or boolean where the default is one. A default of null must be set.
 */
export function variableValues(
  declared: unknown,
  given: Readonly<Record<string, string>>,
  findings: Findings,
): ReadonlyMap<string, Variable | undefined> {
  const defaults = new Map<string, unknown>(isMap(declared) ? Object.entries(declared) : []);
  const values = new Map<string, Variable | undefined>();
  for (const [name, value] of defaults) {
    const set = Object.hasOwn(given, name) ? given[name] : undefined;
    if (set !== undefined) {
      const typed = typedAs(set, value);
      if (typed === undefined) {
        const expected = typeof value === "number" ? "a number" : "true or false";
        findings.error("VARIABLE_TYPE", { name, value: set, expected }, ["variables", name]);
      }
      values.set(name, typed);
    } else if (value === null) {
      findings.error("VARIABLE_REQUIRED", { name }, ["variables", name], "key");
      values.set(name, undefined);
    } else {
      // Anything but a scalar is an error of form, found later.
      values.set(
        name,
        typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined,
      );
    }
  }
  for (const name of Object.keys(given)) {
    if (defaults.has(name)) continue;
    const suggestion = nearest(name, defaults.keys());
    const details = { name, known: [...defaults.keys()], ...(suggestion === undefined ? {} : { nearest: suggestion }) };
    findings.add(labError("VARIABLE_NOT_DECLARED", details));
  }
  return values;
}

function typedAs(text: string, example: unknown): Variable | undefined {
  if (typeof example === "number")
    return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
  if (typeof example === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  return text;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `$${` (a literal `${`), `${name}`, or a `${` of some other kind. */
const reference = /\$\$\{|\$\{([^{}\n]{0,80})\}|\$\{/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const nodeReference = /^node\.[a-z0-9]+$/;
const escapedNodeReference = /^\$\$\{node\.[a-z0-9]+\}/;

/**
 * Puts the values of variables in place of `${name}` in every text of `data`. A text that is nothing
 * but one reference becomes the value itself, a number for example.
 *
 * `${node.…}` stays: it has a value per node (see placeholders). So does its escape.
 */
export function substituteVariables(
  data: unknown,
  values: ReadonlyMap<string, Variable | undefined>,
  findings: Findings,
): unknown {
  const known = [...values.keys()];
  return mapTexts(data, (text, path) => {
    if (text.includes("\0")) findings.error("TEXT_WITH_ZERO", {}, path());
    if (!text.includes("${")) return text;
    const whole = /^\$\{([^{}\n]{0,80})\}$/.exec(text)?.[1];
    const value = whole === undefined ? undefined : values.get(whole);
    if (value !== undefined) return value;
    let isBroken = false;
    const result = text.replace(reference, (match: string, name: string | undefined, offset: number) => {
      if (match === "$${") return escapedNodeReference.test(text.slice(offset, offset + 80)) ? match : "${";
      if (name !== undefined && nodeReference.test(name)) return match;
      const value = name === undefined ? undefined : values.get(name);
      if (value !== undefined) return String(value);
      isBroken = true;
      if (name === undefined || !variableName.test(name)) {
        findings.error("VARIABLE_SYNTAX", { text: match === "${" ? text.slice(offset, offset + 12) : match }, path());
      } else if (!values.has(name)) {
        const suggestion = nearest(name, known);
        findings.error(
          "VARIABLE_UNKNOWN",
          { name, known, ...(suggestion === undefined ? {} : { nearest: suggestion }) },
          path(),
        );
      }
      // One that is declared and has no value was reported where it is declared.
      return match;
    });
    if (isBroken) findings.dismiss(path());
    return result;
  });
}
