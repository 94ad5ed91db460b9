import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { imageFolder } from "../../appliances/rabbit/carrot.ts";
import { missingForVm } from "../vm/sandbox.ts";

const script = join(import.meta.dirname, "../../appliances/rabbit/build.ts");

/** Why Rabbit cannot be built or run here; undefined when it can. */
export const missing = missingForVm();

/** Builds Rabbit into a folder; where it is up to date, that takes a second or two. In another process: it computes for long. */
export async function buildRabbit(folder: string = imageFolder): Promise<void> {
  await mkdir(join(folder, ".."), { recursive: true });
  await promisify(execFile)(process.execPath, [script, "--out", folder], { timeout: 500_000, killSignal: "SIGKILL" });
}
