import { createHash } from "node:crypto";
import { basename, dirname, extname } from "node:path";
import { LabFileError, type NetwrightError } from "./errors/error.ts";
import { Findings } from "./findings.ts";
import type { AnyKind } from "./kinds/kind.ts";
import { kindDefinitions } from "./kinds/registry.ts";
import type { Lab } from "./model.ts";
import { FileStore, type SourceReader } from "./resolve/file-store.ts";
import { resolve } from "./resolve/resolve.ts";
import { checkForm } from "./schema/check.ts";
import type { LabDefinition } from "./schema/lab.ts";
import { readPlain } from "./source/plain.ts";
import { type Locate, pathText } from "./source/source.ts";
import { substituteVariables, variableValues } from "./source/variables.ts";
import { readYaml } from "./source/yaml.ts";

export { userKind } from "./kinds/user/user-kind.ts";
export { nodeKeys } from "./schema/node.ts";
export type { LabDefinition, SourceReader };

export type LoadOptions = {
  /** Full path of the lab file. Paths in it start at its folder. */
  readonly file: string;
  /** How error messages name the file; as `file` when absent. */
  readonly shownAs?: string;
  /** Values of variables, as `--set name=value` gives them. */
  readonly set?: Readonly<Record<string, string>>;
  /** Name of the lab, instead of the one in the file. */
  readonly name?: string;
  readonly reader: SourceReader;
  /** Generators may make more than 20,000 nodes; otherwise that is the error GENERATE_NEEDS_CONSENT. */
  readonly allowLarge?: boolean;
  /** Kinds beside Netwright's own, each with what it was read from, for the digest. */
  readonly kinds?: readonly { readonly kind: AnyKind; readonly source: string }[];
};

export type LoadedLab = {
  readonly lab: Lab;
  /** SHA-256, in hexadecimal, of the text, the variables set and the files it names: the same as long as the same lab would run. */
  readonly digest: string;
  /** What is allowed and most likely a mistake, in the order of the file. */
  readonly warnings: readonly NetwrightError[];
};

/**
 * Reads a lab file in YAML and resolves it.
 *
 * @param text of the file
 * @throws LabFileError with every error in the file, in its order
 */
export function loadLab(text: string, options: LoadOptions): LoadedLab {
  const source = readYaml(text, options.shownAs ?? options.file);
  if (source.data === undefined) throw new LabFileError(source.errors);
  const findings = new Findings(source.locate);
  for (const error of source.errors) findings.add(error);
  return resolveData(source.data, text, options, findings);
}

/**
 * Resolves a lab that a program defined (`defineLab`). Errors have a path of keys in place of a line.
 *
 * @throws LabFileError with every error in the definition
 */
export function resolveDefinition(definition: LabDefinition, options: LoadOptions): LoadedLab {
  const file = options.shownAs ?? options.file;
  const locate: Locate = (path) => ({ file, line: 0, column: 0, length: 0, text: "", path: pathText(path) });
  const findings = new Findings(locate);
  const data = readPlain(definition, findings);
  return resolveData(data, JSON.stringify(data, withoutBigints) ?? "", options, findings);
}

const ownKinds: ReadonlySet<unknown> = new Set([
  "host",
  "router",
  "switch",
  "appliance",
  ...kindDefinitions.map(({ name }) => name),
]);

/** The kinds that the nodes of a definition name and that are not Netwright's own. */
export function kindsIn(definition: unknown): readonly string[] {
  const kinds = Object.values(sectionOf(definition, "nodes") ?? {}).map(
    (node) => (node as { readonly kind?: unknown } | null | undefined)?.kind,
  );
  return [...new Set(kinds)].filter((kind) => typeof kind === "string" && !ownKinds.has(kind)) as string[];
}

const kindWords = /\bkind["']?\s*:\s*["']?([^\s"',}#]+)/g;

/** The same of a lab file in YAML, which is read only if it may name one. */
export function kindsInText(text: string): readonly string[] {
  if ([...text.matchAll(kindWords)].every(([, word]) => ownKinds.has(word))) return [];
  return kindsIn(readYaml(text, "").data);
}

/** JSON knows none; where one stands is an error of form. */
const withoutBigints = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

function resolveData(data: unknown, text: string, options: LoadOptions, findings: Findings): LoadedLab {
  const set = options.set ?? {};
  const values = variableValues(sectionOf(data, "variables"), set, findings);
  const kinds = options.kinds ?? [];
  const definition = checkForm(
    substituteVariables(data, values, findings),
    findings,
    kinds.map(({ kind }) => kind),
  );
  const files = new FileStore(options.file, options.reader, findings);
  const lab = resolve(
    definition,
    files,
    {
      name: options.name,
      fallbackName: fallbackName(options.file),
      allowLarge: options.allowLarge ?? false,
      kinds: kinds.map(({ kind }) => kind),
      names: (section) => new Set(Object.keys(sectionOf(data, section) ?? {})),
    },
    findings,
  );
  if (findings.hasErrors) throw new LabFileError(findings.errors);
  return {
    lab,
    digest: digestOf([text, ...kinds.map(({ source }) => source)], set, files),
    warnings: findings.warnings,
  };
}

function sectionOf(data: unknown, section: string): Readonly<Record<string, unknown>> | undefined {
  const value = (data as Record<string, unknown> | null | undefined)?.[section];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The name of the file, or of its folder where the file is called lab. */
function fallbackName(file: string): string {
  const stem = basename(file, extname(file));
  const word = stem === "lab" ? basename(dirname(file)) : stem;
  const name = word
    .replace(/[^A-Za-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "lab" : name;
}

/** Each part with its length in front, so that no two inputs give the same bytes. */
function digestOf(texts: readonly string[], set: Readonly<Record<string, string>>, files: FileStore): string {
  const hash = createHash("sha256");
  const add = (part: string | Uint8Array) => hash.update(`${part.length}:`).update(part);
  for (const text of texts) add(text);
  add(JSON.stringify(Object.entries(set).sort(([a], [b]) => (a < b ? -1 : 1))));
  for (const [path, bytes] of files.contents) {
    add(path);
    add(bytes);
  }
  return hash.digest("hex");
}
