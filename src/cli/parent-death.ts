import { accessSync, constants, realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import { findProgram, toolPath } from "../client/launch/id-facts.ts";

export type Where = { readonly directory: string; readonly path: string | undefined };

/**
 * The command that runs `argv` so that it gets SIGTERM when this process is gone, even by `kill -9`,
 * after which nobody could tell it any more (PR_SET_PDEATHSIG, prctl(2), by setpriv(1)). The pid, and how
 * it ends, are those of the command itself.
 *
 * Where setpriv is missing, or the command is, it is `argv` unchanged.
 */
export function endedWithUs(argv: readonly string[], where: Where): readonly string[] {
  const setpriv = findProgram("setpriv", toolPath(where.path));
  // Busybox has one that cannot.
  if (setpriv === undefined || basename(realpathSync(setpriv)) === "busybox") return argv;
  return canRun(argv[0] ?? "", where) ? [setpriv, "--pdeathsig", "TERM", "--", ...argv] : argv;
}

/** The error of a command that is not there is Node's to make, and not setpriv's. */
function canRun(program: string, { directory, path }: Where): boolean {
  if (!program.includes("/")) return findProgram(program, path ?? "") !== undefined;
  try {
    accessSync(resolve(directory, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
