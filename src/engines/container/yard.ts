import type { Socket } from "node:net";
import type { ContainerIdentity, EngineEvent } from "../../containers/index.ts";
import { labels } from "../../containers/index.ts";
import { KeeperLink } from "./keeper-link.ts";

/** What a lab with containers was started with. Survives JSON. */
export type YardSettings = {
  /** "Docker 20.10.24" */
  readonly engine: string;
  readonly identity: ContainerIdentity;
  /** The keeper's socket. */
  readonly keeper: string;
  /** Below the lab's runtime folder, seen by the engine too. */
  readonly folder: string;
  /**
   * Of an engine of the lab's own, which has no control groups. `network`: the path by which it knows the network
   * namespace that the keeper is in. `limits`: of nodes, in a lab file that takes what cannot be had, or not.
   */
  readonly own?: {
    readonly network: string;
    readonly limits: "left-out" | "refused";
    /** Of every program, where the node has no other; Podman gives one with any limit its own, which may be too high, for the rest. */
    readonly ulimits: readonly { readonly name: string; readonly most: number }[];
  };
};

/** What the containers of one lab share: the way to their engine, and news of who has ended. */
export class ContainerYard {
  readonly settings: YardSettings;
  readonly link: KeeperLink;
  readonly #memoryListeners = new Map<string, () => void>();
  readonly #listeners = new Map<string, (exitCode: number) => void>();
  #holding: Socket | undefined;
  #unfollow: () => void = () => undefined;
  #isOpen = false;

  private constructor(settings: YardSettings) {
    this.settings = settings;
    this.link = new KeeperLink(settings.keeper);
  }

  /**
   * From now on the containers live as long as this process.
   *
   * @param onLost the engine, or the keeper, has gone away
   * @throws CONTAINER_ENGINE_LOST
   */
  static async open(settings: YardSettings, onLost: () => void): Promise<ContainerYard> {
    const yard = new ContainerYard(settings);
    const lost = () => {
      if (!yard.#isOpen) return;
      yard.#isOpen = false;
      onLost();
    };
    yard.#holding = await yard.link.hold(lost);
    const { claim } = settings.identity;
    yard.#unfollow = await yard.link.engine.events(
      { [labels.claim]: claim, [labels.role]: "node" },
      (event) => yard.#hear(event),
      lost,
    );
    yard.#isOpen = true;
    return yard;
  }

  /** Calls `listener` with its exit code when a container, or a program in one (by the id of its exec), ends. */
  onEnd(id: string, listener: (exitCode: number) => void): () => void {
    this.#listeners.set(id, listener);
    return () => {
      if (this.#listeners.get(id) === listener) this.#listeners.delete(id);
    };
  }

  /** Calls `listener` when the kernel ends a program of a container for want of memory. */
  onOutOfMemory(container: string, listener: () => void): () => void {
    this.#memoryListeners.set(container, listener);
    return () => this.#memoryListeners.delete(container);
  }

  /** The keeper removes what is left, and itself. */
  close(): void {
    this.#isOpen = false;
    this.#unfollow();
    this.#holding?.destroy();
  }

  #hear({ what, container, exec, exitCode }: EngineEvent): void {
    if (what === "oom") this.#memoryListeners.get(container)?.();
    else this.#listeners.get(what === "exec" ? exec : container)?.(exitCode);
  }
}
