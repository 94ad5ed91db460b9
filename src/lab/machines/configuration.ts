import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { type Program, type ProgramRequest, within } from "../../engines/index.ts";
import type { Preparation } from "../../kinds/index.ts";
import { type Command, labError, type NodeConfig } from "../../topology/index.ts";
import { argvOf } from "../processes/readiness.ts";

/** A node whose configuration is changed while it runs. */
export type ConfiguredNode = {
  readonly name: string;
  readonly config: NodeConfig;
  /** What it has and runs with a configuration of this text. */
  prepared(text: string): Promise<Preparation | undefined>;
  run(request: ProgramRequest): Promise<Program>;
  readonly files: NodeFiles;
  /** Stops its services and starts those of `preparation`, with their set-up. */
  restart(preparation: Preparation | undefined): Promise<void>;
};

/** Single files of a node that runs, by its own paths. */
export type NodeFiles = {
  readFile(path: string): Promise<Buffer>;
  /** In place, so that a file that is mounted there stays it, with its owner. Folders above it are made. */
  writeFile(path: string, content: Uint8Array): Promise<void>;
  /** One that is not there is no error. */
  removeFile(path: string): Promise<void>;
};

/** Files of a node whose file system this process can enter. @param inside does something synchronous there */
export const filesInside = (inside: <Value>(body: () => Value) => Value): NodeFiles => ({
  readFile: async (path) => inside(() => readFileSync(path)),
  writeFile: async (path, content) =>
    inside(() => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }),
  removeFile: async (path) => inside(() => rmSync(path, { force: true })),
});

/** How long a command that checks, loads or saves may take. */
const commandMs = 60_000;
export const candidatePath = "/run/netwright/candidate.conf";
const lastLines = 10;

/**
 * Gives a running node another configuration.
 *
 * @throws CONFIG_REFUSED with what the node said; it then has the configuration it had
 */
export async function pushConfig(node: ConfiguredNode, wanted: string): Promise<void> {
  const { config, files } = node;
  const content = await contentOf(node, wanted);
  if (config.check !== undefined) {
    await files.writeFile(candidatePath, content);
    try {
      await complete(node, withFile(config.check, candidatePath));
    } finally {
      await files.removeFile(candidatePath);
    }
  }
  const former = await files.readFile(config.path);
  await files.writeFile(config.path, content);
  try {
    await takeEffect(node, wanted);
  } catch (error) {
    await files.writeFile(config.path, former);
    // What it was worked; that it cannot be had back is a second error, which the first one explains.
    await takeEffect(node, former.toString()).catch(() => undefined);
    throw error;
  }
}

/** The configuration in force. @throws CONFIG_REFUSED when the node does not give it */
export async function readConfig(node: ConfiguredNode): Promise<string> {
  const { save, path } = node.config;
  return save === undefined ? (await node.files.readFile(path)).toString() : complete(node, save);
}

/** A kind may add to what the user writes. */
export async function contentOf({ prepared, config }: ConfiguredNode, wanted: string): Promise<Buffer> {
  const file = (await prepared(wanted))?.files.find(({ path }) => path === config.path);
  return file === undefined ? Buffer.from(wanted) : Buffer.from(file.contentBase64, "base64");
}

export async function takeEffect(node: ConfiguredNode, wanted: string): Promise<void> {
  const { live } = node.config;
  if (live.by === "command") {
    await complete(node, live.command);
    return;
  }
  await node.restart(await node.prepared(wanted));
}

/**
 * Takes away the files that say that services are ready: they must not be those of their last run.
 * What the kernel shows goes with the programs.
 */
export async function forgetReadiness(preparation: Preparation | undefined, files: NodeFiles): Promise<void> {
  for (const { ready } of preparation?.services ?? []) {
    const { check } = ready ?? {};
    if (check?.type === "file" && !/^\/(sys|proc)\//.test(check.path)) await files.removeFile(check.path);
  }
}

/** What the lab file says, as the kind writes it; empty where it says nothing. */
export function ownConfig(preparation: Preparation | undefined, path: string): string {
  const file = preparation?.files.find((one) => one.path === path);
  return file === undefined ? "" : Buffer.from(file.contentBase64, "base64").toString();
}

/** The standard output of a command that ends with success. */
export async function complete({ name, run }: ConfiguredNode, command: Command): Promise<string> {
  const program = await run({ argv: argvOf(command), environment: {}, stdin: false });
  const output = Promise.all([text(program.stdout), program.stderr === undefined ? "" : text(program.stderr)]);
  const exit = await within("The configuration of a node", commandMs, program.exit).catch((error: unknown) => {
    program.signal("SIGKILL");
    throw error;
  });
  const [stdout, stderr] = await output;
  if (exit.exitCode === 0) return stdout;
  const said = `${stderr}${stdout}`.split("\n").filter((line) => line.trim() !== "");
  throw labError("CONFIG_REFUSED", { node: name, said: said.slice(-lastLines) });
}

const withFile = (command: Command, path: string): Command =>
  "shell" in command
    ? { shell: command.shell.replaceAll("{file}", path) }
    : { argv: command.argv.map((word) => word.replaceAll("{file}", path)) };
