import { closeSync, readFileSync } from "node:fs";
import type { PortStatus } from "../../api/index.ts";
import type { InternetAnswer } from "../../gate/contract.ts";
import { bindAddress, connectAddress, inNamespaces, KernelError, type Namespace } from "../../kernel/index.ts";
import {
  type HostEntry,
  type InternetAddresses,
  internetAddresses,
  internetInterface,
  labError,
  type NodeReach,
  newReach,
  type PublishedPort,
  portText,
  type Transport,
} from "../../topology/index.ts";
import type { EventLog } from "../events.ts";
import { pause } from "../pause.ts";
import { type GateOptions, GateProcess } from "./gate-process.ts";
import { listenerAt } from "./listeners.ts";
import {
  addHostAddresses,
  configureInterface,
  interfaceGone,
  removeHostAddresses,
  translate,
  translateNoMore,
} from "./node-internet.ts";

export type ReachOptions = {
  readonly gate: GateOptions;
  readonly events: EventLog;
  /** A node's network namespace, as long as the node is there. */
  readonly netnsOf: (node: string) => Namespace | undefined;
  /** An interface of the node's has this number. */
  readonly noteInterface: (node: string, name: string, ifindex: number | undefined) => void;
};

/** It ended at once; a new one that does the same is not started faster than this. */
const restartPauseMs = 200;
const namePort = 53;

type Published = { readonly id: string; readonly node: string; readonly wanted: PublishedPort; readonly port: number };
type NodeInternet = { readonly ended: AbortController; answer?: InternetAnswer };

/**
 * The lab's ways to the outside and back: ports of this machine that lead into nodes, pasta for nodes
 * that reach the outside, ports of this machine's loopback that nodes reach. Done by the gate, and again
 * by a new one when that dies.
 */
export class Reach {
  readonly #options: ReachOptions;
  readonly #gate: GateProcess;
  readonly #nodes = new Map<string, NodeReach>();
  readonly #published = new Map<string, Published>();
  /** Of sockets in nodes that the gate serves. */
  readonly #served = new Map<string, string>();
  readonly #internet = new Map<string, NodeInternet>();
  #names: readonly HostEntry[] = [];
  #numbers = 0;
  #stopped = false;

  constructor(options: ReachOptions) {
    this.#options = options;
    this.#gate = new GateProcess(options.gate, {
      dial: (id) => this.#dial(id),
      internetEnded: (node, how) => void this.#internetEnded(node, how),
      died: () => void this.#startAgain(),
    });
  }

  /** Turns what a node has of the outside into `to`. What did not come to be is given up, when undone, without an error. */
  async set(node: string, from: NodeReach | undefined, to: NodeReach | undefined): Promise<void> {
    await this.#close(node, newReach(to, from), to);
    if (to === undefined) this.#nodes.delete(node);
    else this.#nodes.set(node, to);
    await this.#open(node, newReach(from, to));
  }

  /** What the name server of nodes that reach the outside knows. */
  setNames(names: readonly HostEntry[]): void {
    this.#names = names;
    this.#gate.tell({ do: "names", names });
  }

  get ports(): readonly PortStatus[] {
    return [...this.#published.values()].map(({ node, wanted, port }) => ({
      node,
      protocol: wanted.protocol,
      address: wanted.address,
      hostPort: port,
      port: wanted.port,
      ...(wanted.to === undefined ? {} : { to: wanted.to }),
    }));
  }

  stop(): void {
    this.#stopped = true;
    for (const { answer } of this.#internet.values()) killProgram(answer);
    this.#gate.stop();
  }

  async #open(node: string, come: NodeReach): Promise<void> {
    const netns = this.#options.netnsOf(node);
    if (netns === undefined || (!come.internet && come.hostPorts.length === 0 && come.ports.length === 0)) return;
    const addresses = internetAddresses(come.prefixes);
    if (come.internet || come.hostPorts.length > 0) addHostAddresses(netns, addresses);
    if (come.internet) await this.#openInternet(node, netns, come, addresses);
    for (const { protocol, port } of come.hostPorts)
      await this.#serve(node, netns, protocol, addresses, port, { hostPort: port });
    for (const port of come.ports) await this.#publish(node, port);
  }

  async #close(node: string, gone: NodeReach, stays: NodeReach | undefined): Promise<void> {
    for (const port of gone.ports) {
      const found = [...this.#published.values()].find(
        (one) => one.node === node && portText(one.wanted) === portText(port) && one.wanted.to === port.to,
      );
      if (found === undefined) continue;
      this.#published.delete(found.id);
      await this.#gate.ask({ do: "unpublish", id: found.id });
    }
    for (const { protocol, port } of gone.hostPorts) await this.#unserve(`${node} ${protocol} ${port} `);
    if (gone.internet) await this.#closeInternet(node);
    const netns = this.#options.netnsOf(node);
    const needsNone = !stays?.internet && (stays?.hostPorts.length ?? 0) === 0;
    if (netns !== undefined && needsNone && gone.prefixes.length + (this.#nodes.get(node)?.prefixes.length ?? 0) > 0)
      removeHostAddresses(netns, internetAddresses(this.#nodes.get(node)?.prefixes ?? []));
  }

  /** @param hostPort of a port published again: the one it had */
  async #publish(node: string, wanted: PublishedPort, hostPort = wanted.hostPort): Promise<void> {
    const id = `port ${++this.#numbers}`;
    const { protocol, address } = wanted;
    const { port } = await this.#gate.ask<{ port: number }>({ do: "publish", id, protocol, address, port: hostPort });
    this.#published.set(id, { id, node, wanted, port });
  }

  async #openInternet(
    node: string,
    netns: Namespace,
    { prefixes, translate: translates }: NodeReach,
    addresses: readonly InternetAddresses[],
  ): Promise<void> {
    const internet: NodeInternet = { ended: new AbortController() };
    this.#internet.set(node, internet);
    const answer = await this.#gate.ask<InternetAnswer>({ do: "internet", node, netns: netns.fd, prefixes });
    internet.answer = answer;
    const usable = addresses.filter(({ family }) => answer.families.includes(family));
    const ifindex = await configureInterface(node, netns, usable, internet.ended.signal);
    this.#options.noteInterface(node, internetInterface, ifindex);
    if (translates) await translate(node, netns);
    this.#gate.tell({ do: "names", names: this.#names });
    for (const protocol of ["udp", "tcp"] as const)
      await this.#serve(node, netns, protocol, addresses, namePort, "names");
  }

  async #closeInternet(node: string): Promise<void> {
    const internet = this.#internet.get(node);
    if (internet === undefined) return;
    this.#internet.delete(node);
    for (const protocol of ["udp", "tcp"]) await this.#unserve(`${node} ${protocol} ${namePort} names `);
    await this.#gate.ask({ do: "internet.end", node });
    const netns = this.#options.netnsOf(node);
    if (netns === undefined) return;
    await interfaceGone(netns);
    this.#options.noteInterface(node, internetInterface, undefined);
    if (this.#nodes.get(node)?.translate) await translateNoMore(node, netns);
  }

  /** Has the gate serve a port at this machine's addresses as the node sees them. */
  async #serve(
    node: string,
    netns: Namespace,
    protocol: Transport,
    addresses: readonly InternetAddresses[],
    port: number,
    target: "names" | { readonly hostPort: number },
  ): Promise<void> {
    for (const { host, family } of addresses) {
      const id = `serve ${++this.#numbers}`;
      const descriptor = boundIn(netns, node, protocol, host, port);
      try {
        await this.#gate.ask({ do: "serve", id, protocol, family, target }, descriptor);
      } finally {
        closeSync(descriptor);
      }
      this.#served.set(`${node} ${protocol} ${port} ${target === "names" ? "names " : ""}${host}`, id);
    }
  }

  async #unserve(prefix: string): Promise<void> {
    for (const [key, id] of this.#served) {
      if (!key.startsWith(prefix) || key.slice(prefix.length).includes(" ")) continue;
      this.#served.delete(key);
      await this.#gate.ask({ do: "unserve", id });
    }
  }

  /** A socket of the node's on its way to where a published port leads. */
  #dial(id: string): { descriptor: number; address: string; port: number } | undefined {
    const published = this.#published.get(id);
    const netns = published === undefined ? undefined : this.#options.netnsOf(published.node);
    if (published === undefined || netns === undefined) return undefined;
    const { protocol, port, to } = published.wanted;
    try {
      return inNamespaces([netns], () => {
        const address = to ?? listenerAt(protocol, port);
        if (address === undefined) return undefined;
        // Not connected: what comes back need not come from where it went to.
        const any = address.includes(":") ? "::" : "0.0.0.0";
        const descriptor = protocol === "tcp" ? connectAddress(protocol, address, port) : bindAddress(protocol, any, 0);
        return { descriptor, address, port };
      });
    } catch (error) {
      if (error instanceof KernelError) return undefined;
      throw error;
    }
  }

  async #internetEnded(node: string, how: string): Promise<void> {
    const internet = this.#internet.get(node);
    if (internet === undefined || this.#stopped) return;
    internet.ended.abort(how);
    // It never was there: whoever waits for it tells.
    if (internet.answer === undefined) return;
    this.#options.events.record("internet.lost", node, `${node} has lost its way to the outside: ${how}`);
    await pause(restartPauseMs);
    await this.#restore(node, false);
  }

  /** Everything anew, with a new gate. */
  async #startAgain(): Promise<void> {
    if (this.#stopped) return;
    this.#served.clear();
    for (const { answer } of this.#internet.values()) killProgram(answer);
    if (this.#nodes.size === 0) return;
    await pause(restartPauseMs);
    for (const node of this.#nodes.keys()) {
      if (this.#stopped) return;
      await this.#restore(node, true);
    }
    this.#options.events.record("gate.restarted", "gate", "The lab's gate ended and was started again", {
      nodes: this.#nodes.size,
    });
  }

  async #restore(node: string, all: boolean): Promise<void> {
    const [reach, netns] = [this.#nodes.get(node), this.#options.netnsOf(node)];
    if (reach === undefined || netns === undefined) return;
    try {
      if (reach.internet) {
        await interfaceGone(netns);
        if (!all) for (const protocol of ["udp", "tcp"]) await this.#unserve(`${node} ${protocol} ${namePort} names `);
        if (reach.translate) await translateNoMore(node, netns);
        await this.#openInternet(node, netns, reach, internetAddresses(reach.prefixes));
        this.#options.events.record("internet.restored", node, `${node} reaches the outside again`);
      }
      if (!all) return;
      for (const { protocol, port } of reach.hostPorts)
        await this.#serve(node, netns, protocol, internetAddresses(reach.prefixes), port, { hostPort: port });
      for (const { id, wanted, port, node: owner } of [...this.#published.values()]) {
        if (owner !== node) continue;
        this.#published.delete(id);
        await this.#publish(node, wanted, port);
      }
    } catch (error) {
      this.#options.events.record("internet.lost", node, `${node}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function boundIn(netns: Namespace, node: string, protocol: Transport, address: string, port: number): number {
  try {
    return inNamespaces([netns], () => bindAddress(protocol, address, port));
  } catch (error) {
    if (error instanceof KernelError && error.code === "EADDRINUSE")
      throw labError("HOST_PORT_TAKEN", { node, port: `${protocol}/${port}`, address }, { cause: error });
    throw error;
  }
}

/** What a gate that died has left: in this PID namespace, where the number may be another's by now. */
function killProgram(answer: InternetAnswer | undefined): void {
  if (answer === undefined) return;
  try {
    const name = readFileSync(`/proc/${answer.pid}/comm`, "utf8").trim();
    if (/^(pasta|slirp4netns|nsenter)/.test(name)) process.kill(answer.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
