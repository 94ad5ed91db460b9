import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import type { Program, ProgramRequest } from "../../engines/index.ts";
import type { Preparation } from "../../kinds/index.ts";
import { type Command, labError, type NodeConfig } from "../../topology/index.ts";
import { within } from "../operation.ts";
import { argvOf } from "../processes/readiness.ts";

/** A node whose configuration is changed while it runs. */
export type ConfiguredNode = {
  readonly name: string;
  readonly config: NodeConfig;
  /** What it has and runs with a configuration of this text. */
  prepared(text: string): Preparation | undefined;
  run(request: ProgramRequest): Promise<Program>;
  /** Does something synchronous in the node's file system. */
  inside<Value>(body: () => Value): Value;
  /** Stops its services and starts those of `preparation`, with their set-up. */
  restart(preparation: Preparation | undefined): Promise<void>;
};

/** How long a command that checks, loads or saves may take. */
const commandMs = 60_000;
const candidatePath = "/run/netwright/candidate.conf";
const lastLines = 10;

/**
 * Gives a running node another configuration.
 *
 * @throws CONFIG_REFUSED with what the node said; it then has the configuration it had
 */
export async function pushConfig(node: ConfiguredNode, wanted: string): Promise<void> {
  const { config, inside } = node;
  const content = contentOf(node, wanted);
  if (config.check !== undefined) {
    inside(() => write(candidatePath, content));
    try {
      await complete(node, withFile(config.check, candidatePath));
    } finally {
      inside(() => rmSync(candidatePath, { force: true }));
    }
  }
  const former = inside(() => readFileSync(config.path));
  inside(() => write(config.path, content));
  try {
    await takeEffect(node, wanted);
  } catch (error) {
    inside(() => write(config.path, former));
    // What it was worked; that it cannot be had back is a second error, which the first one explains.
    await takeEffect(node, former.toString()).catch(() => undefined);
    throw error;
  }
}

/** The configuration in force. @throws CONFIG_REFUSED when the node does not give it */
export async function readConfig(node: ConfiguredNode): Promise<string> {
  const { save, path } = node.config;
  return save === undefined ? node.inside(() => readFileSync(path, "utf8")) : complete(node, save);
}

/** A kind may add to what the user writes. */
function contentOf({ prepared, config }: ConfiguredNode, wanted: string): Buffer {
  const file = prepared(wanted)?.files.find(({ path }) => path === config.path);
  return file === undefined ? Buffer.from(wanted) : Buffer.from(file.contentBase64, "base64");
}

async function takeEffect(node: ConfiguredNode, wanted: string): Promise<void> {
  const { live } = node.config;
  if (live.by === "command") {
    await complete(node, live.command);
    return;
  }
  await node.restart(node.prepared(wanted));
}

/** In place, so that a file that is mounted there stays it, with its owner. */
function write(path: string, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** The standard output of a command that ends with success. */
async function complete({ name, run }: ConfiguredNode, command: Command): Promise<string> {
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
