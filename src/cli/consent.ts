import { createInterface } from "node:readline/promises";
import { LabFileError, NetwrightError } from "../topology/errors/error.ts";
import type { Context } from "./context.ts";

/** The question that stands between a lab file and its start: undefined when anything else is wrong with it. */
export function consentQuestion(error: unknown): string | undefined {
  const errors = error instanceof LabFileError ? error.errors : [error];
  const [only] = errors;
  if (errors.length !== 1 || !(only instanceof NetwrightError) || only.code !== "GENERATE_NEEDS_CONSENT")
    return undefined;
  return only.message;
}

/** Asks on the terminal; anything but yes is no. */
export async function confirm({ stdin, stderr }: Context, question: string): Promise<boolean> {
  const asking = createInterface({ input: stdin, output: stderr });
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  // Ctrl-D and Ctrl-C are an answer, too.
  asking.once("close", () => resolve("no"));
  try {
    const answer = await Promise.race([asking.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}
