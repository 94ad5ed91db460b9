import { basename } from "node:path";
import { type ReadLab, readLabFile } from "../client/lab-file.ts";
import { labError } from "../topology/errors/error.ts";
import type { Context } from "./context.ts";
import { findLabFile, labFileNames } from "./find-file.ts";
import type { FileOptions } from "./options.ts";

export type ReadOptions = FileOptions & {
  /** Generators may make as many nodes as they like. */
  readonly yes?: boolean;
};

/**
 * Reads and resolves the lab file of the options, or the one here or in a folder above.
 *
 * @throws LAB_FILE_MISSING, or a LabFileError with every error in the file
 */
export async function readLab(context: Context, { file, yes, set, name }: ReadOptions): Promise<ReadLab> {
  const named = file ?? findLabFile(context.directory);
  if (named === undefined) throw labError("LAB_FILE_MISSING", { names: labFileNames, directory: context.directory });
  return readLabFile(context.directory, named, {
    allowLarge: yes ?? false,
    shownAs: file ?? basename(named),
    ...(set === undefined ? {} : { set }),
    ...(name === undefined ? {} : { name }),
  });
}
