import { randomBytes } from "node:crypto";
import { chmod, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { locations } from "../api/locations.ts";
import type { LabEvent } from "../api/resources.ts";
import type { LabClient } from "../client/lab.ts";
import { readDefinition, readLabFile } from "../client/lab-file.ts";
import { startLab as launch } from "../client/launch/launch.ts";
import { stopLab } from "../client/stop.ts";
import { labError } from "../topology/errors/error.ts";
import { findLink } from "../topology/find-link.ts";
import { findNode } from "../topology/find-node.ts";
import type { Lab, Link } from "../topology/model.ts";
import { type Remains, writeState } from "./bundle.ts";
import { type CaptureOptions, TestCapture } from "./capture.ts";
import { TestLink } from "./link.ts";
import { TestNode } from "./node.ts";
import type { LabOptions, LabSource } from "./options.ts";
import { StepLog } from "./steps.ts";

/** Room in a lab's name for what sets this one apart. */
const longestName = 50;
const upMs = 120_000;

/** A running lab of a test: isolated from every other, and gone with the test, whatever happens to it. */
export class TestLab implements AsyncDisposable {
  readonly name: string;
  /** The resolved lab. */
  readonly topology: Lab;
  /** For what is not here. */
  readonly client: LabClient;
  readonly steps: StepLog;
  /** Files of this lab: logs and consoles in a folder of its name, captures. */
  readonly folder: string;
  readonly #stop: () => Promise<void>;
  readonly #captures: TestCapture[] = [];
  #stopped: Promise<void> | undefined;

  /** @internal */
  constructor(topology: Lab, client: LabClient, steps: StepLog, folder: string, stop: () => Promise<void>) {
    this.name = topology.name;
    this.topology = topology;
    this.client = client;
    this.steps = steps;
    this.folder = folder;
    this.#stop = stop;
  }

  /** A machine of the lab. @throws NODE_NOT_FOUND, NODE_HAS_NO_PROCESSES */
  node(name: string): TestNode {
    const found = findNode(this.name, this.topology.nodes, name);
    if (found.kind === "switch") throw labError("NODE_HAS_NO_PROCESSES", { node: name, kind: found.kind });
    return new TestNode(name, this.client, this.steps);
  }

  /** A link, by the two nodes it joins, by one of its interfaces, or by its id. @throws LINK_NOT_FOUND, LINK_AMBIGUOUS */
  link(...words: readonly string[]): TestLink {
    const id = findLink(this.name, this.topology.links, words);
    const link = this.topology.links.find((one) => one.id === id) as Link;
    return new TestLink(link, this.client, this.steps);
  }

  /** Partitions the lab, as `netwright partition` does: `partition("split", "a", "b", "--", "c")`. */
  async partition(...words: readonly string[]): Promise<void> {
    await this.steps.step(`Partition: ${words.join(" ")}`, () => this.client.partition(words));
  }

  /** Everyone hears everyone again. */
  async heal(): Promise<void> {
    await this.partition("heal");
  }

  /**
   * Captures interfaces (`h1:eth0`) and links (`h1 r1`) until it is stopped or the lab goes down. Resolves
   * when frames are being captured.
   */
  async capture(targets: string | readonly string[], options: CaptureOptions = {}): Promise<TestCapture> {
    const list = typeof targets === "string" ? [targets] : targets;
    const capture = await this.steps.step(`Capture ${list.join(", ")}`, () =>
      TestCapture.start(this.client, list, join(this.folder, `capture-${this.#captures.length + 1}.pcapng`), options),
    );
    this.#captures.push(capture);
    return capture;
  }

  /** What has happened so far. */
  async events(): Promise<readonly LabEvent[]> {
    return Array.fromAsync(this.client.events());
  }

  /**
   * Leaves everything that helps to find out what went wrong in a folder: logs, consoles, captures,
   * events, the lab file, and the kernel's state of each node.
   *
   * @param options.error what went wrong
   * @param options.last the test is over: the lab is taken down on the way, which completes its logs
   * @returns the folder
   */
  async bundle(folder: string, { error, last = false }: { readonly error?: unknown; readonly last?: boolean } = {}) {
    if (last) await this.#endCaptures();
    await writeState(this, folder, error);
    if (last) await this.#down();
    // Logs of processes and the supervisor, consoles, captures.
    await cp(this.folder, folder, { recursive: true });
    return folder;
  }

  /** Takes it down and removes its files; the second time it does nothing. */
  async stop(): Promise<void> {
    try {
      await this.#down();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #down(): Promise<void> {
    this.#stopped ??= this.#endCaptures().then(() => this.steps.step(`Stop lab ${this.name}`, this.#stop));
    return this.#stopped;
  }

  async #endCaptures(): Promise<void> {
    await Promise.all(this.#captures.map((capture) => capture.stop().catch(() => undefined)));
  }
}

/**
 * Brings up a lab for a test: from a lab file, or from a topology written in the test. It has a name of its
 * own, so any number of tests may use the same file at once, and it ends with this process, however that ends.
 *
 * ```ts
 * await using lab = await startLab("lab.yaml");
 * ```
 *
 * @param onFailure is called when it does not come up, before what it left is removed
 * @throws LabFileError, LAB_LOST, or what the lab failed with
 */
export async function startLab(
  source: LabSource,
  options: LabOptions = {},
  onFailure?: (remains: Remains) => Promise<void>,
): Promise<TestLab> {
  const steps = new StepLog(options.log ?? (process.env["NETWRIGHT_LOG"] === "info" ? "info" : "silent"));
  const { lab: read, digest, file } = await readSource(source, options);
  const name = `${read.name.slice(0, longestName).replace(/-+$/, "")}-${randomBytes(4).toString("hex")}`;
  const lab = { ...read, name };
  const folder = await mkdtemp(join(tmpdir(), "netwright-test-"));
  // Labs of root run under other ids.
  await chmod(folder, 0o755);
  const at = { ...locations(process.env, process.getuid?.() ?? 0), state: folder };
  try {
    const { client } = await steps.step(`Start lab ${name}`, () =>
      launch({
        lab,
        digest,
        locations: at,
        environment: process.env,
        attended: true,
        scratch: folder,
        timeoutMs: options.upMs ?? upMs,
        onPhase: ({ phase, done, total }) => {
          if (done === total) steps.debug(`${phase}: done`);
        },
        ...(file === undefined ? {} : { file }),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
      }),
    );
    const stop = async () => {
      await stopLab(at, name).catch((error: unknown) => {
        // It ended by itself, or was killed.
        if ((error as { code?: unknown }).code !== "LAB_NOT_FOUND") throw error;
      });
    };
    return new TestLab(lab, client, steps, folder, stop);
  } catch (error) {
    await onFailure?.({ lab, steps, folder, error });
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function readSource(
  source: LabSource,
  { set }: LabOptions,
): Promise<{ readonly lab: Lab; readonly digest: string; readonly file?: string }> {
  const options = set === undefined ? {} : { set };
  if (typeof source === "string") return readLabFile(process.cwd(), source, options);
  if (source instanceof URL) return readLabFile(process.cwd(), fileURLToPath(source), options);
  return readDefinition(process.cwd(), source, options);
}
