import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { inNamespaces, Namespace, sethostname, unmount, unshare } from "../../kernel/index.ts";
import { labError, type ProgramNode } from "../../topology/index.ts";
import type { Furnishing } from "../furnishing.ts";
import type { Program, ProgramRequest } from "../program.ts";
import { furnish } from "./furnish.ts";
import { NodeInit } from "./init.ts";
import { launch } from "./launch.ts";
import type { ProgramLimits } from "./program-limits.ts";
import type { EtcTemplate } from "./root/etc.ts";
import { enterHostView } from "./root/host-view.ts";
import { buildImageRoot, enterImageRoot, hasImage, type ImageNode, workingDirectory } from "./root/image.ts";
import { enterIsolatedRoot, formerProc } from "./root/isolated.ts";

/** What a node of an image has changed: a folder, as overlayfs keeps it, and the full paths in it that are the lab's own doing. */
export type Changes = { readonly folder: string; readonly without: readonly string[] };

/** What the machines of one lab share. */
export type Premises = {
  readonly lab: string;
  readonly etc: EtcTemplate;
  /** An empty folder, mounted on while a root file system is built. */
  readonly stage: string;
  /** Folders that `root: host` nodes find empty. */
  readonly covered: readonly string[];
  /** Where the whole host is seen, and nobody in the sandbox can write to it. */
  readonly host: string;
  readonly hasUsers: boolean;
  /** Of every program of the lab. */
  readonly limits: () => ProgramLimits;
  /** Puts a process that has just started into the control group of its node, where there are groups. */
  readonly join?: (node: string, pid: number) => void;
  /** Opens a new, empty file that only the sandbox sees. */
  readonly spare: () => string;
  /** A new, empty folder for what a node of an image writes. */
  readonly writable: (node: string) => string;
  /** The program that is init where an image has none (`stillProgram`). */
  readonly still: () => string;
  /** The program that holds others until they are limited (`holdProgram`). */
  readonly hold: () => string | undefined;
};

/**
 * A machine as namespaces. Its network namespace is there from the start; its file system, host name
 * and PID namespace come with its first program, so that an idle node costs a namespace and nothing else.
 */
export class NamespaceMachine {
  readonly netns: Namespace;
  readonly #premises: Premises;
  #init: Promise<NodeInit> | undefined;
  #running: NodeInit | undefined;
  /** What the node of an image has written since it was started. */
  #writable: string | undefined;
  /** What the lab had written there before the node could. */
  #written: readonly string[] = [];

  constructor(netns: Namespace, premises: Premises) {
    this.netns = netns;
    this.#premises = premises;
  }

  /** Whether it has a file system and an init. */
  get running(): boolean {
    return this.#running?.alive ?? false;
  }

  /**
   * Gives the machine its file system and init, once; later calls wait for the same.
   *
   * @param furnishing what its kind wants to find there
   * @param onGone called when its init ends without `stop`
   */
  async start(node: ProgramNode, furnishing: Furnishing | undefined, onGone: () => void): Promise<void> {
    this.#init ??= this.#boot(node, furnishing).then((init) => {
      this.#running = init;
      void init.gone.then(() => {
        if (this.#running !== init) return;
        this.#running = undefined;
        this.#init = undefined;
        onGone();
      });
      return init;
    });
    try {
      await this.#init;
    } catch (error) {
      this.#init = undefined;
      throw error;
    }
  }

  /** Runs a program; the machine must have been started. */
  async run(node: ProgramNode, request: ProgramRequest): Promise<Program> {
    if (!this.#running?.alive) throw labError("NODE_FAILED", { node: node.name });
    const { join } = this.#premises;
    const namespaces = this.#running.openNamespaces();
    try {
      return await launch(request, {
        node: node.name,
        namespaces,
        environment: { NETWRIGHT_LAB: this.#premises.lab, NETWRIGHT_NODE: node.name, ...node.environment },
        home: node.root === "isolated" ? "/root" : "/",
        limits: { ...limitsOf(node), ...this.#premises.limits() },
        ...(join === undefined ? {} : { join: (pid: number) => join(node.name, pid) }),
        hold: this.#premises.hold,
        ...(hasImage(node)
          ? {
              ofImage: {
                ...node.image.content.config,
                directory: workingDirectory(node),
                hasUsers: this.#premises.hasUsers,
              },
            }
          : {}),
      });
    } finally {
      for (const namespace of namespaces) namespace.close();
    }
  }

  /** Of a node of an image that has been started: what it has changed. */
  get changes(): Changes | undefined {
    return this.#writable === undefined ? undefined : { folder: `${this.#writable}/upper`, without: this.#written };
  }

  /** Does something synchronous as if inside the node: in its file system, with its network. */
  inside<Value>(body: () => Value): Value {
    const namespaces = this.#running?.openNamespaces() ?? [];
    try {
      return inNamespaces(
        namespaces.filter((namespace) => namespace.kind !== "pid"),
        body,
      );
    } finally {
      for (const namespace of namespaces) namespace.close();
    }
  }

  /** Its mount namespace, in which its file system is the root; the caller closes it. The machine must have been started. */
  openFileSystem(node: ProgramNode): Namespace {
    if (!this.#running?.alive) throw labError("NODE_FAILED", { node: node.name });
    return this.#running.openMountNamespace();
  }

  /** SIGKILL for every process of the node, without waiting. */
  kill(): void {
    this.#running?.kill();
  }

  /** Ends every process of the node and forgets its file system; the network namespace stays. */
  async stop(): Promise<void> {
    const init = this.#running;
    this.#running = undefined;
    this.#init = undefined;
    init?.kill();
    await init?.gone;
    this.#forgetChanges();
  }

  /** A start is a new beginning; what was written before would only take memory. */
  #forgetChanges(): void {
    const former = this.#writable;
    this.#writable = undefined;
    if (former !== undefined) rmSync(former, { recursive: true, force: true });
  }

  async #boot(node: ProgramNode, furnishing: Furnishing | undefined): Promise<NodeInit> {
    this.#forgetChanges();
    const namespaces = this.#build(node, furnishing);
    try {
      if (hasImage(node)) return await this.#bootImage(node, furnishing, namespaces);
      const init = await NodeInit.start(node.name, namespaces, { enter: this.#entering(node) });
      if (node.root === "isolated")
        inNamespaces(
          namespaces.filter((namespace) => namespace.kind === "mnt"),
          forgetFormerProc,
        );
      return init;
    } finally {
      for (const namespace of namespaces) if (namespace !== this.netns) namespace.close();
    }
  }

  #entering(node: ProgramNode): ((pid: number) => void) | undefined {
    const { join } = this.#premises;
    return join === undefined ? undefined : (pid) => join(node.name, pid);
  }

  /** The init of an image comes before its root is entered: it is started with the sandbox's programs. */
  async #bootImage(
    node: ImageNode,
    furnishing: Furnishing | undefined,
    namespaces: readonly Namespace[],
  ): Promise<NodeInit> {
    const { stage, still, spare } = this.#premises;
    const init = await NodeInit.start(node.name, namespaces, {
      staged: { root: stage, program: still() },
      enter: this.#entering(node),
    });
    try {
      inNamespaces(
        namespaces.filter(({ kind }) => kind !== "net"),
        () => {
          enterImageRoot(stage);
          furnish(node, furnishing, spare);
        },
      );
      return init;
    } catch (error) {
      init.kill();
      throw error;
    }
  }

  #build(node: ProgramNode, furnishing: Furnishing | undefined): readonly Namespace[] {
    const fresh = ["mnt", "uts", "ipc"] as const;
    const home = fresh.map((kind) => Namespace.current(kind));
    try {
      // Entering where we are makes inNamespaces bring us back from the new ones.
      return inNamespaces([this.netns, ...home], () => {
        unshare(fresh);
        const namespaces = fresh.map((kind) => Namespace.current(kind));
        sethostname(node.hostname);
        if (hasImage(node)) {
          this.#writable = this.#premises.writable(node.name);
          buildImageRoot(node, this.#premises.stage, this.#writable, this.#premises.etc, this.#premises);
          const written = readdirSync(`${this.#writable}/upper`, { recursive: true, encoding: "utf8" });
          this.#written = written.map((path) => `/${path}`);
          return [this.netns, ...namespaces];
        }
        if (node.root === "isolated") enterIsolatedRoot(node, this.#premises.stage, this.#premises.etc, this.#premises);
        else enterHostView(node, this.#premises.etc, this.#premises);
        furnish(node, furnishing, this.#premises.spare);
        return [this.netns, ...namespaces];
      });
    } finally {
      for (const namespace of home) namespace.close();
    }
  }
}

/** Of a node's own. */
const limitsOf = ({ resources: { programMemoryBytes, openFiles } = {} }: ProgramNode): ProgramLimits => ({
  ...(programMemoryBytes === undefined ? {} : { dataBytes: programMemoryBytes }),
  ...(openFiles === undefined ? {} : { openFiles }),
});

function forgetFormerProc(): void {
  unmount(formerProc, { detach: true });
  rmdirSync(formerProc);
}
