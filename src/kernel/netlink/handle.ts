import { KernelError } from "../errno.ts";
import { inNamespaces, type Namespace } from "../namespaces.ts";
import { type AddressInfo, decodeAddress, encodeAddressDump } from "./address.ts";
import { RtnetlinkBatch } from "./batch.ts";
import { decodeVlanFiltering } from "./bridge.ts";
import { MessageWriter } from "./codec.ts";
import { decodeCounters, encodeCountersDump, type LinkCounters } from "./counters.ts";
import { NLM_F_ACK, NLM_F_REQUEST } from "./headers/netlink.ts";
import * as rt from "./headers/rtnetlink.ts";
import {
  decodeLink,
  decodeLinkState,
  encodeIfinfo,
  encodeLinkStateDump,
  encodeName,
  type LinkInfo,
  type LinkState,
} from "./link.ts";
import {
  decodeForwarding,
  decodeNeighbour,
  encodeNeighbourDump,
  type ForwardingInfo,
  type NeighbourInfo,
} from "./neighbour.ts";
import { decodeQdisc, encodeQdiscDump, type QdiscInfo, type QueueKind } from "./queue.ts";
import { decodeRoute, encodeRouteDump, type RouteInfo } from "./route.ts";
import { NetlinkSocket } from "./socket.ts";
import { RtnetlinkVerbs } from "./verbs.ts";

const ENOENT = 2;
const ENODEV = 19;

/**
 * rtnetlink in one network namespace. Every verb acts when it is called and throws a KernelError when
 * the kernel refuses; `batch` does many at once.
 */
export class RtnetlinkHandle extends RtnetlinkVerbs {
  readonly #socket: NetlinkSocket;

  private constructor(socket: NetlinkSocket) {
    super();
    this.#socket = socket;
  }

  /**
   * In the network namespace this thread is in now; it stays there when the thread leaves.
   *
   * @param received memory to receive into, at least 32 KiB, which handles may share
   */
  static open(received?: Buffer): RtnetlinkHandle {
    return new RtnetlinkHandle(NetlinkSocket.open(received));
  }

  static openIn(namespace: Namespace, received?: Buffer): RtnetlinkHandle {
    return inNamespaces([namespace], () => RtnetlinkHandle.open(received));
  }

  /**
   * Makes requests in bulk: what `body` asks for is sent in few system calls, in order, at the latest
   * when `body` returns. A request that is refused does not stop those after it. When `body` throws,
   * what it asked for last may not have been sent.
   *
   * @throws {BatchError} with every request that was refused
   */
  batch<T>(body: (batch: RtnetlinkBatch) => T): T {
    const batch = new RtnetlinkBatch(this.#socket);
    const result = body(batch);
    batch.finish();
    return result;
  }

  /** By number or by name. @throws {KernelError} ENODEV when there is none */
  linkGet(which: { readonly ifindex: number } | { readonly name: string }): LinkInfo {
    const call = `link get ${"name" in which ? which.name : which.ifindex}`;
    const answer = this.#socket.get(call, rt.RTM_GETLINK, (writer) => {
      if ("name" in which) {
        encodeIfinfo(writer, 0);
        encodeName(writer, which.name);
      } else encodeIfinfo(writer, which.ifindex);
    });
    if (answer === undefined) throw new KernelError(call, ENODEV);
    return decodeLink(answer);
  }

  /** Whether this kernel's bridges can go by VLANs, by one of them. @throws {KernelError} ENODEV */
  bridgeKnowsVlans(ifindex: number): boolean {
    const answer = this.#socket.get(`bridge get ${ifindex}`, rt.RTM_GETLINK, (writer) => encodeIfinfo(writer, ifindex));
    if (answer === undefined) throw new KernelError(`bridge get ${ifindex}`, ENODEV);
    return decodeVlanFiltering(answer);
  }

  linkList(): readonly LinkInfo[] {
    return this.#socket.dump("link list", rt.RTM_GETLINK, (writer) => encodeIfinfo(writer, 0), decodeLink);
  }

  /** Of thousands of links in a tenth of the time that `linkList` takes. */
  linkStates(): readonly LinkState[] {
    return this.#socket.dump("link states", rt.RTM_GETLINK, encodeLinkStateDump, decodeLinkState);
  }

  /** What all links have received and sent, and nothing else of them. */
  linkCounters(): readonly LinkCounters[] {
    return this.#socket.dump("link counters", rt.RTM_GETSTATS, encodeCountersDump, decodeCounters);
  }

  /** All addresses, or those of one link. */
  addressList(of: { readonly ifindex?: number } = {}): readonly AddressInfo[] {
    return this.#socket.dump(
      "address list",
      rt.RTM_GETADDR,
      (writer) => encodeAddressDump(writer, of.ifindex ?? 0),
      decodeAddress,
    );
  }

  /** All routes of all tables, IPv4 before IPv6. */
  routeList(): readonly RouteInfo[] {
    return [rt.AF_INET, rt.AF_INET6].flatMap((family) =>
      this.#socket.dump("route list", rt.RTM_GETROUTE, (writer) => encodeRouteDump(writer, family), decodeRoute),
    );
  }

  /** ARP and IPv6 neighbours. */
  neighbourList(): readonly NeighbourInfo[] {
    return this.#socket.dump(
      "neighbour list",
      rt.RTM_GETNEIGH,
      (writer) => encodeNeighbourDump(writer, rt.AF_UNSPEC),
      decodeNeighbour,
    );
  }

  /** The forwarding databases of the bridges. */
  forwardingList(): readonly ForwardingInfo[] {
    return this.#socket.dump(
      "forwarding list",
      rt.RTM_GETNEIGH,
      (writer) => encodeNeighbourDump(writer, rt.AF_BRIDGE),
      decodeForwarding,
    );
  }

  /** The qdiscs of all links, or of one. */
  qdiscList(of: { readonly ifindex?: number } = {}): readonly QdiscInfo[] {
    return this.#socket
      .dump("qdisc list", rt.RTM_GETQDISC, encodeQdiscDump, decodeQdisc)
      .filter(({ ifindex }) => of.ifindex === undefined || of.ifindex === ifindex);
  }

  /**
   * Whether this kernel has a kind of queue. There is no way to ask but to set one: on a link that has
   * no queue yet, which it has none again afterwards.
   */
  supportsQueue(kind: QueueKind, ifindex: number): boolean {
    try {
      this.qdiscReplace(
        kind === "tbf"
          ? { kind, ifindex, rateBps: 1e9, burstBytes: 65_536, limitBytes: 65_536 }
          : { kind, ifindex, limitPackets: 1000, limitBytes: 65_536 },
      );
    } catch (error) {
      if (error instanceof KernelError && error.errno === ENOENT) return false;
      throw error;
    }
    this.qdiscDelete({ kind, ifindex });
    return true;
  }

  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected override request(call: string, type: number, flags: number, encode: (writer: MessageWriter) => void): void {
    const sequence = this.#socket.nextSequence();
    const writer = new MessageWriter(512);
    writer.begin(type, NLM_F_REQUEST | NLM_F_ACK | flags, sequence);
    encode(writer);
    writer.end();
    const [failure] = this.#socket.transact(writer.bytes, sequence);
    if (failure !== undefined) throw new KernelError(call, failure.errno, failure.detail);
  }
}
