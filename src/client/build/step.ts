import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { labError } from "../../topology/errors/error.ts";

/** What is kept of what a program says, for when it fails. */
const keptLines = 200;
const shownLines = 12;

export type StepOptions = {
  /** For errors. */
  readonly image: string;
  /** As in "… failed": `installing Debian packages`. */
  readonly what: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal | undefined;
};

/** What went wrong among the last lines of a program: those that say so, or else the last. */
export function lastWords(lines: readonly string[]): readonly string[] {
  const telling = lines.filter((line) => /^(E:|W:|dpkg: error|dpkg: dependency|\s+\S+ depends on|error:)/i.test(line));
  return (telling.length > 0 ? telling : lines).slice(-shownLines);
}

/**
 * Runs a program of this machine to its end.
 *
 * @param take reads its standard output; without, that is kept with what it says
 * @throws PROGRAM_MISSING, RECIPE_STEP_FAILED
 */
export async function runStep(
  program: string,
  argv: readonly string[],
  { image, what, environment, signal }: StepOptions,
  take?: (output: Readable) => Promise<unknown>,
): Promise<string> {
  signal?.throwIfAborted();
  const child = spawn(program, [...argv], {
    env: { ...environment, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: mmdebstrap ends the whole of its group when something goes wrong.
    detached: true,
  });
  const said: string[] = [];
  const texts: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    said.push(line);
    if (said.length > keptLines) said.shift();
  });
  if (take === undefined) child.stdout.setEncoding("utf8").on("data", (text: string) => texts.push(text));
  const abort = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", abort, { once: true });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, by) => resolve({ code, signal: by }));
  });
  ended.catch(() => undefined);
  try {
    await take?.(child.stdout).catch(async (error: unknown) => {
      abort();
      await ended.catch(() => undefined);
      throw error;
    });
    const { code, signal: by } = await ended;
    signal?.throwIfAborted();
    if (code === 0) return texts.join("");
    const how = by === null ? `failed with exit code ${code}` : `was ended by ${by}`;
    throw labError("RECIPE_STEP_FAILED", { image, what, how, lastLines: lastWords(said) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw labError("PROGRAM_MISSING", {
      program,
      needed: "images are made of Debian packages with it",
      mend: "Install it: sudo apt-get install apt util-linux",
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
