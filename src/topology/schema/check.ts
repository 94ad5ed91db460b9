import type * as z from "zod";
import type { Findings } from "../findings.ts";
import type { AnyKind } from "../kinds/kind.ts";
import { nearest } from "../nearest.ts";
import { type Path, pathText } from "../source/source.ts";
import { shapes } from "./generate.ts";
import { type LabDefinition, labSchemaWith } from "./lab.ts";
import { applianceNode, hostNode, kindNodes, routerNode, switchNode } from "./node.ts";
import { commandPhrase } from "./scalars.ts";

type Issue = z.core.$ZodIssue;

/**
 * Checks the form of a lab file. What is wrong is reported and taken out, so that the rest can be
 * resolved and its mistakes told at the same time: a wrong node becomes an empty one, a wrong link
 * `undefined`.
 *
 * @param kinds beside those that Netwright knows
 */
export function checkForm(data: unknown, findings: Findings, kinds: readonly AnyKind[] = []): LabDefinition {
  const labSchema = labSchemaWith(kinds);
  let rest = data;
  for (const climb of [exactly, toEntry, toSection]) {
    const issues = labSchema.safeParse(rest).error?.issues.flatMap((issue) => unfold(issue, rest, [])) ?? [];
    const open = issues.filter((issue) => !isHole(rest, issue.path));
    if (open.length === 0) return rest as LabDefinition;
    for (const issue of open) {
      // What fails after something was taken out failed because of it.
      if (climb === exactly) report(issue, rest, findings);
      findings.taint(issue.path);
    }
    for (const issue of open) rest = remove(rest, climb(issue, rest));
  }
  return rest as LabDefinition;
}

/** An issue with its path from the root, out of the union it was found in. */
type Found = { readonly issue: Issue; readonly path: Path };

/** Chooses, of the alternatives of a union, the one that was meant, and gives its issues instead. */
function unfold(issue: Issue, root: unknown, base: Path): readonly Found[] {
  const path = [...base, ...(issue.path as Path)];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ issue, path }];
  const value = valueAt(root, path);
  const fitting = issue.errors.filter(
    (errors) => !errors.some((one) => one.path.length === 0 && one.code === "invalid_type"),
  );
  const meant = path[0] === "generate" && path.length === 2 ? issue.errors[shapeIndex(value)] : fitting[0];
  return meant === undefined ? [{ issue, path }] : meant.flatMap((one) => unfold(one, root, path));
}

/** Which generator a map means: the first whose shape it names. */
function shapeIndex(value: unknown): number {
  return isMap(value) ? shapes.findIndex((shape) => Object.hasOwn(value, shape)) : -1;
}

function report({ issue, path }: Found, root: unknown, findings: Findings): void {
  const value = valueAt(root, path);
  if (issue.code === "unrecognized_keys") {
    const allowed = issue.message.split(" ");
    for (const key of issue.keys) {
      const suggestion = nearest(key, allowed);
      const owner = suggestion === undefined ? ownerOf(path, key) : undefined;
      const details = {
        key,
        where: placeOf(path),
        allowed,
        ...(suggestion === undefined ? {} : { nearest: suggestion }),
        ...(owner === undefined ? {} : { belongsTo: owner }),
      };
      findings.error("UNKNOWN_KEY", details, [...path, key], "key");
    }
    return;
  }
  const last = path.at(-1);
  const what = typeof last === "string" && path.length !== 2 ? last : placeOf(path);
  const expected =
    issue.code === "too_small" && issue.origin !== "number" ? "something that is not empty" : issue.message;
  if (value === undefined) {
    findings.error(
      "MISSING_KEY",
      { key: String(last), where: placeOf(path.slice(0, -1)), expected },
      path.slice(0, -1),
      "key",
    );
  } else if (expected === commandPhrase && typeof value === "string") {
    findings.error("COMMAND_IS_TEXT", { text: value }, path);
  } else if (path[0] === "generate" && path.length === 2 && isMap(value)) {
    reportShape(value, path, findings);
  } else if (issue.code === "invalid_value" || issue.code === "invalid_union") {
    const choices = expected.replace(/^one of /, "").split(", ");
    const isChoice = expected.startsWith("one of ");
    const suggestion = isChoice && typeof value === "string" ? nearestChoice(value, choices) : undefined;
    if (isChoice) {
      const details = {
        what,
        actual: shown(value),
        choices,
        ...(suggestion === undefined ? {} : { nearest: suggestion }),
      };
      findings.error("BAD_CHOICE", details, path);
    } else findings.error("WRONG_VALUE", { what, actual: shown(value), expected }, path);
  } else {
    findings.error("WRONG_VALUE", { what, actual: shown(value), expected }, path);
  }
}

/** Also for a signal without SIG. */
const nearestChoice = (value: string, choices: readonly string[]): string | undefined =>
  nearest(value, choices) ?? choices.find((choice) => choice === `SIG${value.toUpperCase()}`);

/** A generator that names no shape: most likely a misspelt one. */
function reportShape(value: Record<string, unknown>, path: Path, findings: Findings): void {
  for (const key of Object.keys(value)) {
    const suggestion = nearest(key, shapes);
    if (suggestion === undefined) continue;
    findings.error(
      "UNKNOWN_KEY",
      { key, where: placeOf(path), allowed: shapes, nearest: suggestion },
      [...path, key],
      "key",
    );
    return;
  }
  findings.error(
    "MISSING_KEY",
    { key: "ring", where: placeOf(path), expected: `{count: 4}, or another of ${shapes.join(", ")}` },
    path,
  );
}

/** For a key that another kind of node has, or a node's interfaces. */
function ownerOf(path: Path, key: string): string | undefined {
  if (path[0] !== "nodes" || path.length !== 2) return undefined;
  if (Object.hasOwn(switchNode.shape, key)) return "nodes of kind: switch";
  if (Object.hasOwn(hostNode.shape, key)) return "nodes of kind: host and kind: router";
  if (Object.hasOwn(routerNode.shape, key)) return "nodes of kind: router";
  if (Object.hasOwn(applianceNode.shape, key)) return "nodes of kind: appliance";
  const kinds = kindNodes.filter(({ shape }) => Object.hasOwn(shape, key)).map(({ shape }) => shape.kind.value);
  if (kinds.length > 0) return `nodes of kind: ${kinds.join(" and kind: ")}`;
  const setting = nearest(key, ["addresses", "mac", "mtu", "gateway"]);
  return setting === undefined ? undefined : `an interface: interfaces: {eth0: {${setting}: …}}`;
}

/** How to speak of a place in the lab file. */
function placeOf(path: Path): string {
  const [section, name, part, inner] = path;
  if (section === undefined) return "The lab file";
  if (section === "nodes" && path.length === 2) return `Node ${name}`;
  if (section === "nodes" && part === "interfaces" && path.length === 4) return `Interface ${name}:${inner}`;
  if (section === "networks" && path.length === 2) return `Network ${name}`;
  if (section === "processes" && path.length === 2) return `Process ${name}`;
  if (section === "links" && path.length === 2) return "A link";
  if (section === "generate" && path.length === 2) return "A generator";
  if (section === "capture" && path.length === 2) return "A capture";
  return pathText(path);
}

function shown(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  const text = String(value);
  const clipped = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return typeof value === "string" ? JSON.stringify(clipped) : clipped;
}

/** Where to cut so that only the wrong value goes; an item of a list takes the list with it. */
function exactly({ issue, path }: Found, root: unknown): readonly Path[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...path, key]);
  let cut = valueAt(root, path) === undefined ? path.slice(0, -1) : path;
  while (cut.length > 2 && typeof cut.at(-1) === "number") cut = cut.slice(0, -1);
  return [cut];
}

const toEntry = ({ path }: Found): readonly Path[] => [path.slice(0, 2)];
const toSection = ({ path }: Found): readonly Path[] => [path.slice(0, 1)];

/** A copy of `root` without what is at the paths. */
function remove(root: unknown, paths: readonly Path[]): unknown {
  return paths.reduce((rest, path) => removeOne(rest, path, path), root);
}

function removeOne(value: unknown, path: Path, whole: Path): unknown {
  const [step, ...below] = path;
  if (step === undefined) return {};
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>;
  if (below.length > 0) copy[step] = removeOne(copy[step], below, whole);
  else if (Array.isArray(value)) copy[step] = undefined;
  else if (whole.length === 2 && whole[0] === "nodes") copy[step] = null;
  else delete copy[step];
  return copy;
}

/** Whether a list's item was taken out by `remove`. */
function isHole(root: unknown, path: Path): boolean {
  return path.length === 2 && typeof path[1] === "number" && valueAt(root, path) === undefined;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
