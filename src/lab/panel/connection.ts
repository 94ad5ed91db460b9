import type { Namespace, RtnetlinkHandle } from "../../kernel/index.ts";
import type { Endpoint, LinkCut, SwitchNode } from "../../topology/index.ts";
import { forwardMask, vlansOf } from "./switches.ts";

/** The panel's end of an interface. */
export type Jack = { readonly ifindex: number; readonly name: string };
type Bridge = { readonly ifindex: number; readonly node: SwitchNode };

/** A jack as the port of a switch. */
export type BridgePort = {
  readonly jack: Jack;
  readonly bridge: Bridge;
  /** The end of the link that is at the switch. */
  readonly end: Endpoint;
  readonly mac: string;
  readonly mtu: number;
};

/** What a link is made of, in the panel. */
export type Connection =
  /** Between two machines: frames are redirected from jack to jack, whatever they carry. */
  | { readonly medium: "kernel"; readonly a: Jack; readonly b: Jack }
  /** A machine at a switch: its jack is the port. */
  | { readonly medium: "port"; readonly port: BridgePort }
  /** Two switches: a veth pair with an end in each bridge. */
  | { readonly medium: "cord"; readonly a: BridgePort; readonly b: BridgePort }
  /** Redirected from jack to jack, and out of each through queues that impair. */
  | { readonly medium: "queues"; readonly a: CableEnd; readonly b: CableEnd }
  /** Carried by the wire process, from one end's jack to the other's. */
  | { readonly medium: "wire"; readonly a: CableEnd; readonly b: CableEnd };

/**
 * Where a link ends that has a jack of its own at both ends: at a machine's jack, or at one that is made
 * for it, whose other end is the port of a switch.
 */
export type CableEnd = {
  readonly jack: Jack;
  readonly port?: BridgePort;
  /** What frames come from into the jack: an interface of a node, or the port of a switch, which is in the panel. */
  readonly sender: { readonly name: string; readonly netns?: Namespace };
};

/** The directions of a link that carry nothing. */
export type Blocked = LinkCut["directions"];

type Batch = Parameters<Parameters<RtnetlinkHandle["batch"]>[0]>[0];

/** @param blocked directions that carry nothing to begin with (a wire blocks by itself) */
export function plugIn(handle: RtnetlinkHandle, connection: Connection, blocked: Blocked): void {
  handle.batch((batch) => {
    switch (connection.medium) {
      case "kernel": {
        const { a, b } = connection;
        for (const { ifindex } of [a, b]) batch.qdiscReplace({ kind: "clsact", ifindex });
        redirect(batch, a, b, blocked, blocked);
        // Up last, so that the first frame already finds its way.
        for (const { ifindex } of [a, b]) batch.linkSet({ ifindex, up: true });
        return;
      }
      case "port":
        join(batch, connection.port);
        return;
      case "cord":
        batch.linkAdd({ ...connection.a.jack, peer: connection.b.jack });
        for (const port of [connection.a, connection.b]) join(batch, port);
        return;
      case "queues":
      case "wire": {
        const ends = [connection.a, connection.b];
        for (const { jack, port } of ends) {
          if (port === undefined) continue;
          batch.linkAdd({ ...jack, mtu: port.mtu, peer: { ...port.jack, mtu: port.mtu } });
          join(batch, port);
        }
        if (connection.medium === "queues") {
          for (const { jack } of ends) batch.qdiscReplace({ kind: "clsact", ifindex: jack.ifindex });
          redirect(batch, connection.a.jack, connection.b.jack, blocked, blocked);
        }
        for (const { jack } of ends) batch.linkSet({ ifindex: jack.ifindex, up: true });
        return;
      }
      default:
        connection satisfies never;
    }
  });
}

/** Blocks directions of a link that the kernel carries, and no others. */
export function block(
  handle: RtnetlinkHandle,
  changes: readonly { readonly connection: Connection; readonly from: Blocked; readonly to: Blocked }[],
): void {
  handle.batch((batch) => {
    for (const { connection, from, to } of changes) {
      if (connection.medium === "kernel") redirect(batch, connection.a, connection.b, from, to);
      else if (connection.medium === "queues") redirect(batch, connection.a.jack, connection.b.jack, from, to);
    }
  });
}

/** A frame that no filter redirects goes nowhere: the panel has no addresses and forwards nothing. */
function redirect(batch: Batch, a: Jack, b: Jack, from: Blocked, to: Blocked): void {
  for (const [direction, jack, other] of [["ab", a, b] as const, ["ba", b, a] as const]) {
    const place = { ifindex: jack.ifindex, hook: "ingress" } as const;
    if (!to.includes(direction)) batch.filterReplace({ ...place, redirectTo: other.ifindex });
    else if (!from.includes(direction)) batch.filterDelete(place);
  }
}

/**
 * @param keepCarrier the jacks of machines stay up, because another medium takes over at once; otherwise
 * the ends lose carrier
 */
export function unplug(
  handle: RtnetlinkHandle,
  connection: Connection,
  { keepCarrier }: { readonly keepCarrier: boolean },
): void {
  handle.batch((batch) => {
    const release = (jack: Jack) => {
      if (!keepCarrier) batch.linkSet({ ifindex: jack.ifindex, up: false });
    };
    switch (connection.medium) {
      case "kernel":
        for (const jack of [connection.a, connection.b]) release(jack);
        for (const { ifindex } of [connection.a, connection.b]) batch.qdiscDelete({ kind: "clsact", ifindex });
        return;
      case "port":
        release(connection.port.jack);
        batch.linkSet({ ifindex: connection.port.jack.ifindex, master: 0 });
        return;
      case "cord":
        batch.linkDelete(connection.a.jack.ifindex);
        return;
      case "queues":
      case "wire":
        for (const { jack, port } of [connection.a, connection.b]) {
          if (port !== undefined) {
            batch.linkDelete(jack.ifindex);
            continue;
          }
          release(jack);
          if (connection.medium === "queues") batch.qdiscDelete({ kind: "clsact", ifindex: jack.ifindex });
        }
        return;
      default:
        connection satisfies never;
    }
  });
}

export function portsOf(connection: Connection): readonly BridgePort[] {
  switch (connection.medium) {
    case "kernel":
      return [];
    case "port":
      return [connection.port];
    case "cord":
      return [connection.a, connection.b];
    case "queues":
    case "wire":
      return [connection.a, connection.b].flatMap(({ port }) => port ?? []);
    default:
      return connection satisfies never;
  }
}

/** Everything of a connection that must be up for it to carry frames. */
export function jacksOf(connection: Connection): readonly Jack[] {
  const ports = portsOf(connection).map((port) => port.jack);
  switch (connection.medium) {
    case "kernel":
      return [connection.a, connection.b];
    case "port":
    case "cord":
      return ports;
    case "queues":
    case "wire":
      return [connection.a.jack, connection.b.jack, ...ports];
    default:
      return connection satisfies never;
  }
}

function join(batch: Batch, { jack, bridge, mac, mtu, end }: BridgePort): void {
  // Open vSwitch takes it from there (`Switches.plug`).
  if (bridge.node.ovs !== undefined) {
    batch.linkSet({ ifindex: jack.ifindex, mac, mtu, up: true });
    return;
  }
  batch.linkSet({ ifindex: jack.ifindex, mac, mtu, master: bridge.ifindex, up: true });
  if (bridge.node.vlans !== undefined) batch.bridgeVlansSet(vlansOf(bridge.node, end.interface, jack.ifindex));
  const groupForwardMask = forwardMask(bridge.node);
  if (groupForwardMask !== 0) batch.bridgePortSet({ ifindex: jack.ifindex, groupForwardMask });
}
