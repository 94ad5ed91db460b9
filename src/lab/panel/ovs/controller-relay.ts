import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { createServer, type Server, Socket } from "node:net";
import { connectLocally, inNamespaces, type Namespace } from "../../../kernel/index.ts";
import type { Controller } from "../../../topology/index.ts";

type NodeController = Extract<Controller, { readonly node: string }>;

/**
 * The way from a switch to a controller on a node of the lab. The switch is in the panel, which is no host
 * and has no addresses: this is its management cable. Open vSwitch connects to a unix socket, and each
 * connection goes on as TCP inside the node, from the node to itself. So no link of the lab carries it, and
 * no fault of a link touches it; without power at the node, it is gone.
 */
export class ControllerRelay {
  readonly #servers = new Map<string, Server>();
  readonly #sockets = new Set<Socket>();
  readonly #folder: string;
  readonly #netnsOf: (node: string) => Namespace | undefined;

  /** @param netnsOf the network of a node that is there and has power */
  constructor(folder: string, netnsOf: (node: string) => Namespace | undefined) {
    this.#folder = folder;
    this.#netnsOf = netnsOf;
  }

  /** The target for Open vSwitch to connect to. */
  target(controller: Controller): string {
    if ("socket" in controller) return `unix:${controller.socket}`;
    const name = `controller-${controller.node}-${controller.address.replaceAll(":", "_")}-${controller.port}`;
    if (!this.#servers.has(name)) this.#servers.set(name, this.#listen(name, controller));
    return `unix:${this.#folder}/${name}`;
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(name: string, controller: NodeController): Server {
    const server = createServer((near) => this.#relay(near, controller));
    server.on("error", () => undefined);
    // The path of a unix socket has at most 107 bytes (unix(7)), which the folder may be longer than.
    const folder = openSync(this.#folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      server.listen(`/proc/self/fd/${folder}/${name}`);
    } finally {
      server.once("listening", () => closeSync(folder));
    }
    server.once("close", () => {
      try {
        unlinkSync(`${this.#folder}/${name}`);
      } catch {
        // It goes with the sandbox.
      }
    });
    server.unref();
    return server;
  }

  #relay(near: Socket, { node, address, port }: NodeController): void {
    near.on("error", () => near.destroy());
    const netns = this.#netnsOf(node);
    let far: Socket;
    try {
      if (netns === undefined) throw new Error(`${node} is not there`);
      far = new Socket({
        fd: inNamespaces([netns], () => connectLocally(address, port)),
        readable: true,
        writable: true,
      });
    } catch {
      // Open vSwitch tries again, a second later at most.
      near.destroy();
      return;
    }
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => one.destroy());
      one.once("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
