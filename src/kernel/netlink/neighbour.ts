import { printAddress, printMac } from "./address-bytes.ts";
import { Attributes, type Message, type MessageWriter } from "./codec.ts";
import * as nd from "./headers/neighbour.ts";
import { AF_BRIDGE } from "./headers/rtnetlink.ts";

export type NeighbourState = (typeof nd.neighbourStates)[keyof typeof nd.neighbourStates] | "none";

/** Who answers for an IP address (ARP, RFC 4861). */
export type NeighbourInfo = {
  readonly ifindex: number;
  readonly address: string;
  /** Absent while it is not known. */
  readonly mac?: string;
  readonly state: NeighbourState;
};

/** Behind which port of a bridge a MAC address is. */
export type ForwardingInfo = {
  /** Of the port. */
  readonly ifindex: number;
  readonly mac: string;
  /** ifindex of the bridge; absent for addresses that the link itself listens to. */
  readonly bridge?: number;
  /** `permanent`: its own address; otherwise learnt or set. */
  readonly state: NeighbourState;
  readonly vlan?: number;
};

/** struct ndmsg: family u8, pad, index u32, state u16, flags u8, type u8. */
const ndmsgBytes = 12;

export function encodeNeighbourDump(writer: MessageWriter, family: number): void {
  writer.u32(family).u32(0).u32(0);
}

export function decodeNeighbour({ payload }: Message): NeighbourInfo | undefined {
  if (payload.readUInt8(0) === AF_BRIDGE) return undefined;
  const attributes = Attributes.read(payload, ndmsgBytes);
  const address = attributes.bytes(nd.NDA_DST);
  if (address?.length !== 4 && address?.length !== 16) return undefined;
  const mac = attributes.bytes(nd.NDA_LLADDR);
  return {
    ifindex: payload.readUInt32LE(4),
    address: printAddress(address),
    ...(mac?.length === 6 ? { mac: printMac(mac) } : {}),
    state: stateOf(payload),
  };
}

export function decodeForwarding({ payload }: Message): ForwardingInfo | undefined {
  const attributes = Attributes.read(payload, ndmsgBytes);
  const mac = attributes.bytes(nd.NDA_LLADDR);
  if (mac?.length !== 6) return undefined;
  const bridge = attributes.u32(nd.NDA_MASTER);
  const vlan = attributes.u16(nd.NDA_VLAN);
  return {
    ifindex: payload.readUInt32LE(4),
    mac: printMac(mac),
    ...(bridge === undefined ? {} : { bridge }),
    state: stateOf(payload),
    ...(vlan === undefined ? {} : { vlan }),
  };
}

const stateOf = (payload: Buffer): NeighbourState =>
  (nd.neighbourStates as Readonly<Record<number, NeighbourState>>)[payload.readUInt16LE(8)] ?? "none";
