import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Tally } from "./tally.ts";
import type { TestUser } from "./test-user.ts";

export type VitestRun = {
  readonly projects: readonly string[];
  /** Where the tests are run, with the Node that is there. */
  readonly checkout: string;
  readonly node: string;
  /** Where the tally is written: the user who runs the tests may write there. */
  readonly tally: string;
  /** Who runs them; this user when absent. */
  readonly user?: TestUser;
  readonly environment: NodeJS.ProcessEnv;
  readonly withinMs: number;
  readonly extra: readonly string[];
  /** What vitest prints: shown when absent. */
  readonly output?: "inherit" | "ignore";
};

/**
 * Runs vitest and reads its tally. What happens outside of any test (a file that does not load, a
 * crash, the deadline) is one trouble each, so that it cannot pass for success.
 */
export async function runVitest(run: VitestRun, signal: AbortSignal): Promise<Tally> {
  const vitest = [
    run.node,
    join(run.checkout, "node_modules/vitest/vitest.mjs"),
    "run",
    // Vite would otherwise write the bundled configuration beside the packages.
    "--configLoader=native",
    "--reporter=default",
    "--reporter=./scripts/suite/tally.ts",
    ...run.projects.map((project) => `--project=${project}`),
    ...(run.extra.length === 0 ? [] : ["--passWithNoTests", ...run.extra]),
  ];
  const { user } = run;
  const becomeUser =
    user === undefined ? [] : ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups"];
  const [command = "", ...argv] = [...becomeUser, ...vitest];
  rmSync(run.tally, { force: true });
  const child = spawn(command, argv, {
    cwd: run.checkout,
    stdio: ["ignore", run.output ?? "inherit", run.output ?? "inherit"],
    env: { ...run.environment, NETWRIGHT_TALLY: run.tally },
    signal: AbortSignal.any([signal, AbortSignal.timeout(run.withinMs)]),
    killSignal: "SIGTERM",
  });
  const end = await once(child, "close").catch((error: Error) => error);
  const what = `vitest (${run.projects.join(", ")})`;
  const how = end instanceof Error ? end.message : end[0] === null ? `was ended by ${end[1]}` : `exited with ${end[0]}`;
  if (!existsSync(run.tally)) return { results: [], troubles: [`${what} ${how} and left no results.`] };
  const tally: Tally = JSON.parse(readFileSync(run.tally, "utf8"));
  const explained = tally.troubles.length > 0 || tally.results.some((test) => test.state === "failed");
  const failed = end instanceof Error || end[0] !== 0;
  if (tally.results.length === 0 && run.extra.length === 0 && !explained)
    return { results: [], troubles: [`${what} ran no tests.`] };
  return failed && !explained ? { ...tally, troubles: [`${what} ${how}.`] } : tally;
}
