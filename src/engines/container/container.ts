import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { containerName, demultiplex, engineImageName, type ImageState, labels } from "../../containers/index.ts";
import type { Namespace } from "../../kernel/index.ts";
import {
  type ContainerNeeds,
  labError,
  type NetwrightError,
  type NodeFile,
  type ProgramNode,
} from "../../topology/index.ts";
import type { Furnishing } from "../furnishing.ts";
import { findUserIn } from "../passwd.ts";
import type { Program, ProgramRequest } from "../program.ts";
import { resolvConf } from "../resolv-conf.ts";
import { execIn } from "./exec.ts";
import { idlePath, idleProgram } from "./idle.ts";
import { specificationOf } from "./specification.ts";
import { firstFileOf, type OwnedEntry, tarOf } from "./tar.ts";
import type { ContainerYard } from "./yard.ts";

/** How a container's program ended. */
export type ContainerEnd = { readonly exitCode: number; readonly how: string };

/** A program that ends sooner than this has ended at once. */
const atOnceMs = 150;
/** Programs that end this soon after another for want of memory are told of once. */
const togetherMs = 1_000;
/** What a container wrote last is read within this. */
const drainMs = 1_000;

/** Of an image that says nothing of it (Docker's, and Podman's). */
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const ownFolder = ({ settings }: ContainerYard, { name }: ProgramNode): string => `${settings.folder}/${name}`;
const bytesOf = ({ contentBase64 }: NodeFile): Buffer => Buffer.from(contentBase64, "base64");

/** One container of a node, from when it is made until it is removed; it may be stopped and started between. */
export class NodeContainer {
  readonly id: string;
  readonly #yard: ContainerYard;
  readonly #node: ProgramNode;
  #drained: Promise<unknown> = Promise.resolve();
  #ended: Promise<ContainerEnd> | undefined;
  #isRunning = false;

  private constructor(id: string, node: ProgramNode, yard: ContainerYard) {
    this.id = id;
    this.#node = node;
    this.#yard = yard;
  }

  /**
   * Makes the container, with the node's files in it. An image the engine has not is got first.
   *
   * @throws CONTAINER_IMAGE_MISSING, CONTAINER_IMAGE_TRANSPORT, CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST
   */
  static async create(node: ProgramNode, yard: ContainerYard, needs: ContainerNeeds): Promise<NodeContainer> {
    const { engine } = yard.link;
    const { identity, folder, own: ofLab } = yard.settings;
    const what = `Making the container of ${node.name}`;
    const own = ownFolder(yard, node);
    mkdirSync(own, { recursive: true });
    const files = { hosts: `${folder}/hosts`, hostname: `${own}/hostname`, resolv: `${own}/resolv.conf` };
    writeFileSync(files.hostname, `${node.hostname}\n`);
    writeFileSync(files.resolv, resolvConf(node));
    const specification = specificationOf(node, {
      identity,
      files,
      needs,
      ...(ofLab === undefined ? {} : { own: ofLab }),
    });
    const name = containerName(identity, node.name);
    const make = () => engine.create(what, name, specification);
    const image = engineImageName(node.image?.reference ?? "") ?? "";
    const id = await make().catch(async (error: NetwrightError) => {
      // A change of the lab may bring an image that was not there when it started.
      if (node.image?.pull === "never" || (await engine.image(image)) !== undefined) throw error;
      await engine.pull(image, {}).catch((cause: NetwrightError) => {
        throw labError("CONTAINER_IMAGE_MISSING", { node: node.name, image, reason: cause.message }, { cause });
      });
      return make();
    });
    const container = new NodeContainer(id, node, yard);
    const asRoot = { uid: 0, gid: 0 };
    await container.#write([
      ...(node.image?.command === "none" ? [{ path: idlePath, mode: 0o755, ...asRoot, content: idleProgram() }] : []),
      ...node.files.map((file) => ({ ...file, ...asRoot, content: bytesOf(file) })),
    ]);
    return container;
  }

  /** Of this node below the lab's runtime folder, seen by the engine too. */
  get folder(): string {
    return ownFolder(this.#yard, this.#node);
  }

  /**
   * Makes what its kind wants to find in it, before its program starts. Files of the lab file win.
   *
   * @throws USER_NOT_FOUND for an owner that the image does not know
   */
  async furnish({ directories, files }: Furnishing): Promise<void> {
    const isOwned = [...directories, ...files].some(({ owner }) => owner !== undefined);
    const passwd = isOwned ? ((await this.readFile("/etc/passwd"))?.toString() ?? "") : "";
    const owner = (name: string | undefined) => {
      if (name === undefined) return { uid: 0, gid: 0 };
      const { uid, gid } = findUserIn({ passwd, group: "" }, name, this.#node.name);
      return { uid, gid };
    };
    const own = new Set(this.#node.files.map(({ path }) => path));
    await this.#write([
      ...directories.map((one) => ({ ...one, ...owner(one.owner) })),
      ...files
        .filter(({ path }) => !own.has(path))
        .map((one) => ({ ...one, ...owner(one.owner), content: bytesOf(one) })),
    ]);
  }

  /** Where its image has programs looked for: the folders of PATH. */
  async programFolders(): Promise<readonly string[]> {
    const image = await this.#yard.link.engine.image(engineImageName(this.#node.image?.reference ?? "") ?? "");
    const ofImage = image?.Config?.Env?.find((one) => one.startsWith("PATH="))?.slice("PATH=".length);
    return (this.#node.environment["PATH"] ?? ofImage ?? usualPath).split(":").filter((folder) => folder !== "");
  }

  /** The program of the image runs, and nobody has stopped it. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Starts it in a network namespace.
   *
   * @param output takes what its program writes
   * @param on `end`: its program has ended by itself. `outOfMemory`: the kernel has ended one of its programs
   * @throws CONTAINER_ENDED when that is at once, CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST
   */
  async start(
    netns: Namespace,
    output: (stdout: Readable, stderr: Readable) => Promise<unknown>,
    on: { readonly end: (end: ContainerEnd) => void; readonly outOfMemory: () => void },
    lastLines: () => readonly string[],
  ): Promise<void> {
    const { link } = this.#yard;
    const { name, hostname } = this.#node;
    const what = `Starting the container of ${name}`;
    if (/^Podman/.test(this.#yard.settings.engine)) await link.enter(what, this.id, netns);
    const { socket, head } = await link.engine.attach(what, this.id);
    const { stdout, stderr } = demultiplex(socket, head);
    this.#drained = output(stdout, stderr);
    const { promise, resolve } = Promise.withResolvers<ContainerEnd>();
    this.#ended = promise;
    let isSettled = false;
    let isTold = false;
    let toldMs = 0;
    const outOfMemory = () => {
      isTold = true;
      // The kernel ends several when the first was not enough, and engines tell each of them.
      if (Date.now() - toldMs < togetherMs) return;
      toldMs = Date.now();
      on.outOfMemory();
    };
    const forgetMemory = this.#yard.onOutOfMemory(this.id, outOfMemory);
    const forgetEnd = this.#yard.onEnd(this.id, (exitCode) => {
      forgetEnd();
      const wasRunning = this.#isRunning;
      this.#isRunning = false;
      void this.#endOf(exitCode).then(({ isOutOfMemory, ...end }) => {
        forgetMemory();
        if (isOutOfMemory && !isTold) outOfMemory();
        resolve(end);
        if (wasRunning && isSettled) on.end(end);
      });
    });
    const forget = () => {
      forgetEnd();
      forgetMemory();
    };
    this.#isRunning = true;
    try {
      await link.start(what, this.id, hostname, netns);
    } catch (error) {
      forget();
      this.#isRunning = false;
      this.#ended = undefined;
      socket.destroy();
      throw error;
    }
    const end = await Promise.race([promise, sleep(atOnceMs).then(() => undefined)]);
    isSettled = true;
    if (end === undefined) return;
    await this.#drain();
    throw labError("CONTAINER_ENDED", { node: name, how: end.how, lastLines: lastLines() });
  }

  /** Its program gets the stop signal, and SIGKILL after `graceSeconds`. What it wrote is in the logs then. */
  async stop(graceSeconds: number): Promise<ContainerEnd | undefined> {
    if (this.#ended === undefined) return undefined;
    this.#isRunning = false;
    const what = `Stopping the container of ${this.#node.name}`;
    const { engine } = this.#yard.link;
    // One that runs nothing has nothing to end, and takes no signal that it could ignore.
    if (graceSeconds === 0 || this.#node.image?.command === "none") await engine.kill(what, this.id);
    else await engine.stop(what, this.id, graceSeconds);
    // The engine has answered after its end; news of it is on the way.
    const end = await Promise.race([this.#ended, sleep(drainMs).then(() => undefined)]);
    await this.#drain();
    this.#ended = undefined;
    return end;
  }

  /** Programs read resolv.conf when they look a name up: it changes while they run, unless the node has made it its own. */
  nameServers(from: ProgramNode, to: ProgramNode): void {
    const path = `${this.folder}/resolv.conf`;
    // In place: the container has it mounted.
    if (readFileSync(path, "utf8") === resolvConf(from)) writeFileSync(path, resolvConf(to));
  }

  async freeze(frozen: boolean): Promise<void> {
    const what = `${frozen ? "Pausing" : "Continuing"} the container of ${this.#node.name}`;
    const { link, settings } = this.#yard;
    if (settings.own === undefined) await link.engine.freeze(what, this.id, frozen);
    else await link.freeze(what, this.id, frozen);
  }

  async remove(): Promise<void> {
    this.#isRunning = false;
    await this.#yard.link.engine.remove(`Removing the container of ${this.#node.name}`, this.id);
    await this.#drain();
  }

  run(request: ProgramRequest): Promise<Program> {
    return execIn(this.#yard, this.id, this.#node.name, request);
  }

  /** Whether there is such a file: while it runs, one that its programs see. */
  async hasFile(path: string): Promise<boolean> {
    const { link } = this.#yard;
    const what = `Looking for ${path} in ${this.#node.name}`;
    if (!this.#isRunning) return link.engine.hasFile(what, this.id, path);
    return (await link.file(what, this.id, "exists", path)).exists ?? false;
  }

  /** @returns undefined when there is no such file */
  async readFile(path: string): Promise<Buffer | undefined> {
    const { link } = this.#yard;
    const what = `Reading ${path} of ${this.#node.name}`;
    if (this.#isRunning)
      return (await this.hasFile(path))
        ? Buffer.from((await link.file(what, this.id, "read", path)).content ?? "", "base64")
        : undefined;
    const tar = await link.engine.archive(what, this.id, path);
    return tar === undefined ? undefined : firstFileOf(tar);
  }

  /** Of a running container; in place, with whose it is. Folders above it are made. */
  async writeFile(path: string, content: Uint8Array): Promise<void> {
    await this.#yard.link.file(`Writing ${path} of ${this.#node.name}`, this.id, "write", path, content);
  }

  /** Of a running container. One that is not there is no error. */
  async removeFile(path: string): Promise<void> {
    await this.#yard.link.file(`Removing ${path} of ${this.#node.name}`, this.id, "remove", path);
  }

  /** Has a porter (`lab/files`) copy files of the running container. @returns when it has ended */
  transferFiles(request: unknown, client: Socket): Promise<void> {
    return this.#yard.link.transfer(`Copying files of ${this.#node.name}`, this.id, request, client);
  }

  /**
   * Saves what it has written as an image of its engine, with the settings of the image it is made of.
   *
   * @param name as references have it: `docker.io/team/web:v2`
   * @returns the image's id
   * @throws COMMIT_UNSUPPORTED, CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST
   */
  async save(name: string, comment: string): Promise<string> {
    const { link, settings } = this.#yard;
    if (settings.own !== undefined) {
      throw labError("COMMIT_UNSUPPORTED", {
        node: this.#node.name,
        what: "a container of the lab's own Podman, which goes with the lab",
        instead: "Leave out engine: container, and Netwright runs the image itself and can save it.",
      });
    }
    const what = `Saving ${this.#node.name} as ${name}`;
    const image = await link.engine.image(engineImageName(this.#node.image?.reference ?? "") ?? "");
    return link.engine.commit(what, this.id, { name, comment, settings: settingsOf(image?.Config ?? undefined) });
  }

  /** What the engine says of it. */
  async inspect(): Promise<Record<string, unknown>> {
    const state = await this.#yard.link.engine.container(`Looking at ${this.#node.name}`, this.id);
    return {
      engine: this.#yard.settings.engine,
      container: this.id,
      name: containerName(this.#yard.settings.identity, this.#node.name),
      image: state?.Image,
      status: state?.State.Status,
      pid: state?.State.Pid,
      exitCode: state?.State.ExitCode,
    };
  }

  /** SIGKILL, without waiting. */
  kill(): void {
    this.#isRunning = false;
    void this.#yard.link.engine.kill(`Killing ${this.#node.name}`, this.id).catch(() => undefined);
  }

  /** Not every engine tells at once who had no memory left; all know it afterwards. */
  async #endOf(exitCode: number): Promise<ContainerEnd & { readonly isOutOfMemory: boolean }> {
    const what = `Looking at how ${this.#node.name} ended`;
    const state = await this.#yard.link.engine.container(what, this.id).catch(() => undefined);
    const isOutOfMemory = state?.State.OOMKilled ?? false;
    const how = isOutOfMemory
      ? "the kernel ended its program, for which there was no memory left"
      : `its program ended with exit code ${exitCode}`;
    return { exitCode, how, isOutOfMemory };
  }

  async #write(entries: readonly OwnedEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const what = `Writing the files of ${this.#node.name}`;
    await this.#yard.link.engine.putArchive(what, this.id, "/", tarOf(entries));
  }

  async #drain(): Promise<void> {
    await Promise.race([this.#drained, sleep(drainMs)]);
  }
}

/**
 * What makes a saved container an image like the one it was made of: its program, user and folder, and
 * empty labels, by which nobody takes another container of that image for one of the lab.
 */
function settingsOf(image: ImageState["Config"] | undefined): readonly string[] {
  const { Entrypoint, Cmd, User, WorkingDir } = image ?? {};
  return [
    `ENTRYPOINT ${JSON.stringify(Entrypoint ?? [])}`,
    `CMD ${JSON.stringify(Cmd ?? [])}`,
    ...(User ? [`USER ${User}`] : []),
    ...(WorkingDir ? [`WORKDIR ${WorkingDir}`] : []),
    ...Object.values(labels).map((label) => `LABEL ${label}=""`),
  ];
}
