import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import {
  ContainerEngine,
  type FileAct,
  holdKeeper,
  type KeeperAnswer,
  type KeeperOrder,
} from "../../containers/index.ts";
import { type Namespace, sendDescriptor } from "../../kernel/index.ts";
import { labError } from "../../topology/index.ts";

/** The supervisor's way to the container engine, which is out of its own reach: through the lab's keeper. */
export class KeeperLink {
  readonly engine: ContainerEngine;
  readonly #path: string;

  /** @param path of the keeper's socket */
  constructor(path: string) {
    this.#path = path;
    this.engine = new ContainerEngine(() => {
      const socket = connect({ path });
      socket.write(lineOf({ do: "engine" }));
      return socket;
    });
  }

  /**
   * The lab's containers live as long as this is open.
   *
   * @param onLost the keeper has gone, and with it the way to the engine
   */
  async hold(onLost: () => void): Promise<Socket> {
    const socket = await holdKeeper(this.#path);
    socket.once("close", onLost);
    socket.unref();
    return socket;
  }

  /** Starts a container in a network namespace. @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST */
  async start(what: string, container: string, hostname: string, netns: Namespace): Promise<void> {
    const answer = await this.#order(what, { do: "start", container, hostname }, netns);
    if (!answer.ok) throw labError("CONTAINER_ENGINE_REFUSED", { what, status: answer.status, reason: answer.reason });
  }

  /**
   * Has a container of Podman enter a network namespace, which it does before it starts: when it is attached to.
   *
   * @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST
   */
  async enter(what: string, container: string, netns: Namespace): Promise<void> {
    const answer = await this.#order(what, { do: "enter", container }, netns);
    if (!answer.ok) throw labError("CONTAINER_ENGINE_REFUSED", { what, status: answer.status, reason: answer.reason });
  }

  /**
   * Sends a signal to a process of a container and its process group.
   *
   * @param pid as the host numbers it
   */
  async signal(pid: number, signal: number): Promise<boolean> {
    return (await this.#order("Sending a signal", { do: "signal", pid, signal })).ok;
  }

  /**
   * Stops all processes of a container, or lets them go on, where its engine has no control groups.
   *
   * @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST
   */
  async freeze(what: string, container: string, frozen: boolean): Promise<void> {
    const answer = await this.#order(what, { do: "freeze", container, frozen });
    if (!answer.ok) throw labError("CONTAINER_ENGINE_REFUSED", { what, status: answer.status, reason: answer.reason });
  }

  /**
   * Does something to one file of a running container, as its programs see it.
   *
   * @returns what was asked for
   * @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST
   */
  async file(
    what: string,
    container: string,
    act: FileAct,
    path: string,
    content: Uint8Array = new Uint8Array(),
  ): Promise<{ readonly content?: string; readonly exists?: boolean }> {
    const answer = await this.#order(what, { do: "file", container, act, path }, undefined, content);
    if (answer.ok) return answer;
    throw labError("CONTAINER_ENGINE_REFUSED", { what, status: answer.status, reason: answer.reason });
  }

  /**
   * Has a porter copy files of a running container, which answers the client on its own from here on.
   *
   * @param request what the porter is started with
   * @returns when the porter has ended
   * @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST before the client was told anything
   */
  async transfer(what: string, container: string, request: unknown, client: Socket): Promise<void> {
    const socket = connect({ path: this.#path });
    let said = "";
    try {
      await once(socket, "connect");
      // What the client sends is for the porter, from the first byte on.
      handleOf(client).readStop();
      const line = Buffer.from(lineOf({ do: "transfer", container, request }));
      sendDescriptor(descriptorOf(socket), line, descriptorOf(client));
      for await (const piece of socket.setEncoding("utf8")) {
        said += piece;
        // The porter has its own descriptor of it now. Closing this one says nothing to the client.
        if (said === startedLine) client.destroy();
      }
    } catch (error) {
      if (client.destroyed) return;
      const { code, message } = error as NodeJS.ErrnoException;
      throw labError("CONTAINER_ENGINE_LOST", { what, reason: code ?? message }, { cause: error });
    } finally {
      socket.destroy();
    }
    if (client.destroyed) return;
    const answer: KeeperAnswer =
      said === "" ? { ok: false, status: 503, reason: "the keeper hung up" } : JSON.parse(said);
    if (!answer.ok) throw labError("CONTAINER_ENGINE_REFUSED", { what, status: answer.status, reason: answer.reason });
  }

  async #order(
    what: string,
    order: KeeperOrder,
    descriptor?: Namespace,
    more: Uint8Array = new Uint8Array(),
  ): Promise<KeeperAnswer> {
    const socket = connect({ path: this.#path, allowHalfOpen: true });
    try {
      await once(socket, "connect");
      // Node has no way to send a descriptor with bytes: past it, on its own connection.
      if (descriptor === undefined) socket.write(lineOf(order));
      else sendDescriptor(descriptorOf(socket), Buffer.from(lineOf(order)), descriptor.fd);
      if (order.do === "file") socket.end(more);
      return JSON.parse(await text(socket)) as KeeperAnswer;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw labError("CONTAINER_ENGINE_LOST", { what, reason: code ?? message }, { cause: error });
    } finally {
      socket.destroy();
    }
  }
}

/** What the keeper answers when a porter has started. */
const startedLine = `${JSON.stringify({ ok: true } satisfies KeeperAnswer)}\n`;

const lineOf = (order: KeeperOrder): string => `${JSON.stringify(order)}\n`;

const descriptorOf = (socket: Socket): number => handleOf(socket).fd;

const handleOf = (socket: Socket) =>
  (socket as Socket & { readonly _handle: { readonly fd: number; readStop(): void } })._handle;
