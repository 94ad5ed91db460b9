import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { labError } from "../topology/errors/error.ts";

/*
 * Files that a person names, in an option or an argument: what is wrong with one is the person's to mend, and is told
 * with the name that was given.
 */

/**
 * @param directory where a relative `named` starts
 * @throws NAMED_FILE_UNREADABLE
 */
export function readNamed(directory: string, named: string): string {
  try {
    return readFileSync(resolve(directory, named), "utf8");
  } catch (error) {
    throw labError("NAMED_FILE_UNREADABLE", { file: named, reason: reasonOf(error) }, { cause: error });
  }
}

/**
 * Replaces what is in the file.
 *
 * @param directory where a relative `named` starts
 * @throws NAMED_FILE_UNWRITABLE
 */
export function writeNamed(directory: string, named: string, text: string): void {
  try {
    writeFileSync(resolve(directory, named), text);
  } catch (error) {
    throw labError("NAMED_FILE_UNWRITABLE", { file: named, reason: reasonNotWritten(error) }, { cause: error });
  }
}

type Reasons = Readonly<Record<string, string>>;

const reasonIn = (reasons: Reasons, error: unknown): string =>
  reasons[(error as NodeJS.ErrnoException).code ?? ""] ?? (error as Error).message;

/** Why a file cannot be read, in words. */
export const reasonOf = (error: unknown): string => reasonIn(reasons, error);

/** Why a file cannot be written, in words. */
export const reasonNotWritten = (error: unknown): string => reasonIn(reasonsNotWritten, error);

const reasons: Reasons = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "you may not read it",
  ENOTDIR: "a part of the path is no folder",
};

const reasonsNotWritten: Reasons = {
  ...reasons,
  ENOENT: "there is no such folder",
  EACCES: "you may not write there",
  EROFS: "nothing can be written there",
  ENOSPC: "there is no space left",
};
