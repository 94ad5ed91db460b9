import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { missingForVm } from "../tests/vm/sandbox.ts";
import type { Context } from "./case.ts";

const checkout = join(import.meta.dirname, "..");
const buildMs = 600_000;

/** Why Rabbit cannot be built or run here; undefined when it can. */
export const missingForRabbit = ({ isRoot }: Context): string | undefined =>
  isRoot ? "an ordinary user builds Rabbit and tests it, in a checkout of theirs: run it as one" : missingForVm();

/** Builds Rabbit, where it is not up to date. */
export async function buildRabbit({ note }: Context): Promise<void> {
  note("building Rabbit, where it is not up to date");
  const program = join(checkout, "appliances/rabbit/build.ts");
  await promisify(execFile)(process.execPath, [program], { cwd: checkout, timeout: buildMs });
}
