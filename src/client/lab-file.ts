import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { LabFileError, labError } from "../topology/errors/error.ts";
import type { LabDefinition, LoadedLab, SourceReader } from "../topology/load.ts";
import { reasonOf } from "./named-file.ts";

/** A lab as its file and the options say, with nothing left to decide. */
export type ReadLab = LoadedLab & {
  /** Absolute. */
  readonly file: string;
};

export type ReadOptions = {
  /** Values of the file's variables. */
  readonly set?: Readonly<Record<string, string>>;
  /** Name of the lab, instead of the one in the file. */
  readonly name?: string;
  /** How error messages name the file; as it was named when absent. */
  readonly shownAs?: string;
  /** Generators may make as many nodes as they like. */
  readonly allowLarge?: boolean;
};

/** Reads what lab files name from this machine's disks. */
export const diskReader: SourceReader = {
  readText: (path) => readFileSync(path, "utf8"),
  readBytes: (path) => readFileSync(path),
  stat: (path) => {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() ? "file" : status?.isDirectory() ? "directory" : undefined;
  },
};

/** Endings of lab files that are programs. */
const modules = new Set([".ts", ".mts", ".js", ".mjs"]);

/**
 * Reads and resolves a lab file: YAML, or a module whose default export is a lab.
 *
 * @param directory where a relative `named` starts
 * @throws LabFileError with every error in the file
 */
export async function readLabFile(directory: string, named: string, options: ReadOptions = {}): Promise<ReadLab> {
  const file = canonical(directory, named);
  if (!modules.has(extname(file)))
    return { ...(await readLabText(textOf(file, named), { shownAs: named, ...options, file })), file };
  const { kindsIn, resolveDefinition } = await import("../topology/load.ts");
  const loadOptions = { shownAs: named, ...options, file, reader: diskReader };
  const { importDefinition } = await import("./lab-module.ts");
  const definition = await importDefinition(file, named);
  const kinds = await kindsOf(kindsIn(definition), file);
  return { ...resolveDefinition(definition, { ...loadOptions, kinds }), file };
}

/**
 * Resolves the text of a lab file.
 *
 * @param options.file absolute; it need not be there. Paths in the text start at its folder
 * @throws LabFileError with every error in the text
 */
export async function readLabText(text: string, options: ReadOptions & { readonly file: string }): Promise<LoadedLab> {
  const { kindsInText, loadLab } = await import("../topology/load.ts");
  const kinds = await kindsOf(kindsInText(text), options.file);
  return loadLab(text, { ...options, reader: diskReader, kinds });
}

/**
 * Resolves a lab that a program defined.
 *
 * @param directory where relative paths in it start
 * @throws LabFileError with every error in the definition
 */
export async function readDefinition(
  directory: string,
  definition: LabDefinition,
  options: ReadOptions = {},
): Promise<LoadedLab> {
  const { kindsIn, resolveDefinition } = await import("../topology/load.ts");
  const file = resolve(directory, "lab");
  const kinds = await kindsOf(kindsIn(definition), file);
  return resolveDefinition(definition, { ...options, file, shownAs: "the lab", reader: diskReader, kinds });
}

/** Kinds beside the lab file, where it names any that are not Netwright's own. */
async function kindsOf(names: readonly string[], file: string) {
  if (names.length === 0) return [];
  const { loadKinds } = await import("./kinds.ts");
  return loadKinds(names, dirname(file));
}

/** A file as labs record it: absolute, without symbolic links where it exists. */
export function canonical(directory: string, file: string): string {
  const path = resolve(directory, file);
  return existsSync(path) ? realpathSync(path) : path;
}

function textOf(file: string, named: string): string {
  try {
    return diskReader.readText(file);
  } catch (error) {
    throw new LabFileError([
      labError("LAB_FILE_UNREADABLE", { file: named, reason: reasonOf(error) }, { cause: error }),
    ]);
  }
}
