import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../topology/model.ts";
import { printLab } from "../topology/print.ts";
import type { TestLab } from "./lab.ts";
import type { StepLog } from "./steps.ts";

/** How long each part of a bundle may take to collect: the lab may be what is broken. */
const partMs = 10_000;

/** Writes what a running lab can tell. What cannot be had is said in its file. */
export async function writeState(lab: TestLab, folder: string, error: unknown): Promise<void> {
  await mkdir(join(folder, "nodes"), { recursive: true });
  const part = async (file: string, collect: () => Promise<string> | string) => {
    const content = await within(collect).catch(
      (reason: unknown) => `not to be had: ${reason instanceof Error ? reason.message : String(reason)}\n`,
    );
    await writeFile(join(folder, file), content);
  };
  await Promise.all([
    part("lab.yaml", () => printLab(lab.topology)),
    part("steps.log", () => lab.steps.text),
    part("events.jsonl", async () => (await lab.events()).map((event) => `${JSON.stringify(event)}\n`).join("")),
    part("state.json", async () => pretty(await lab.client.detail())),
    ...lab.topology.nodes.map(({ name }) =>
      part(join("nodes", `${name}.json`), async () => pretty(await lab.client.node(name))),
    ),
    ...(error === undefined ? [] : [part("error.txt", () => `${describe(error)}\n`)]),
  ]);
  await part("README.txt", () => contents(lab));
}

/** What there is of a lab that did not come up. */
export type Remains = {
  readonly lab: Lab;
  readonly steps: StepLog;
  /** With its logs. */
  readonly folder: string;
  readonly error: unknown;
};

/** Writes what is left of a lab that did not come up. */
export async function writeRemains(folder: string, { lab, steps, folder: files, error }: Remains): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(files, folder, { recursive: true });
  await writeFile(join(folder, "lab.yaml"), printLab(lab));
  await writeFile(join(folder, "steps.log"), steps.text);
  await writeFile(join(folder, "error.txt"), `${describe(error)}\n`);
  await writeFile(
    join(folder, "README.txt"),
    `What lab ${lab.name}, which did not come up, left behind for whoever looks for the cause.

error.txt       why it did not
*/logs/         output of processes, services and consoles; debug.log has every step of the supervisor
lab.yaml        the lab, with every address
steps.log       what the test did, with milliseconds since it asked for the lab
`,
  );
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Runners hand errors on as plain objects. */
function describe(error: unknown): string {
  const { stack, message } = (typeof error === "object" && error !== null ? error : {}) as Partial<Error>;
  return stack ?? message ?? String(error);
}

const contents = (lab: TestLab): string => `What lab ${lab.name} left behind for whoever looks for the cause.

error.txt       what the test failed with
steps.log       what the test did, with milliseconds since it asked for the lab
events.jsonl    what happened in the lab
*/logs/         output of processes, services and consoles; debug.log has every step of the supervisor
*.pcapng        captures of the test
lab.yaml        the lab, with every address
state.json      nodes, links and processes when it failed
nodes/          the kernel's view of each: ${lab.topology.nodes.map(({ name }) => name).join(", ")}
`;

async function within(collect: () => Promise<string> | string): Promise<string> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it took longer than ${partMs} ms`)), partMs);
  try {
    return await Promise.race([collect(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
