import { afterEtherType } from "./numbers.ts";
import { Octets } from "./octets.ts";
import { payloadOf, type Step } from "./step.ts";

/** Ethernet II, or IEEE 802.3 with LLC: then `length` is there and `type` is not. */
export type Ethernet = {
  readonly layer: "ethernet";
  readonly source: string;
  readonly destination: string;
  /** EtherType, e.g. 0x0800; that of the tag when the frame has one. */
  readonly type?: number;
  /** Of what follows, without padding. */
  readonly length?: number;
};

/** More is an EtherType, and from 1501 to 1535 nothing (IEEE 802.3, 3.2.6). */
const mostLength = 1500;
const leastType = 0x0600;

/** IEEE 802.3, clause 3. */
export function decodeEthernet(bytes: Uint8Array): Step<Ethernet> {
  const octets = new Octets(bytes);
  const destination = octets.mac(0);
  const source = octets.mac(6);
  const type = octets.u16(12);
  const rest = octets.from(14);
  if (type > mostLength) {
    const next = type < leastType ? payloadOf(rest) : afterEtherType(type, rest);
    return { layer: { layer: "ethernet", source, destination, type }, next };
  }
  const layer: Ethernet = { layer: "ethernet", source, destination, length: type };
  if (rest.length >= type) return { layer, next: { as: "llc", bytes: rest.subarray(0, type) } };
  const message = `${type} bytes should follow, and ${rest.length} are there`;
  return { layer, next: { as: "llc", bytes: rest }, faults: [{ kind: "truncated", message }] };
}
