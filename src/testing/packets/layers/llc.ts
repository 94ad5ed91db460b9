import { afterEtherType } from "./numbers.ts";
import { colonHex, Octets } from "./octets.ts";
import { type Next, payloadOf, type Step } from "./step.ts";

/** IEEE 802.2, with the SNAP extension where it is used. */
export type Llc = {
  readonly layer: "llc";
  readonly destinationSap: number;
  readonly sourceSap: number;
  readonly control: number;
  /** SNAP: `00:00:0c`. */
  readonly organization?: string;
  /** SNAP: what it means says the organization; an EtherType for `00:00:00`. */
  readonly protocol?: number;
};

const sap = { spanningTree: 0x42, snap: 0xaa } as const;
/** Frames without acknowledgement. */
const unnumberedInformation = 0x03;
/** Cisco's spanning tree per VLAN (PVST+): the same BPDU, with the VLAN at its end. */
const perVlanSpanningTree = { organization: "00:00:0c", protocol: 0x010b } as const;

/** IEEE 802.2, 3.2; SNAP: IEEE 802, 9.5. */
export function decodeLlc(bytes: Uint8Array): Step<Llc> {
  const octets = new Octets(bytes);
  const [destinationSap, sourceSap, control] = [octets.u8(0), octets.u8(1), octets.u8(2)];
  const layer = { layer: "llc", destinationSap, sourceSap, control } as const;
  if (control !== unnumberedInformation) return { layer, next: payloadOf(octets.from(3)) };
  if (destinationSap === sap.spanningTree) return { layer, next: { as: "stp", bytes: octets.from(3) } };
  if (destinationSap !== sap.snap) return { layer, next: payloadOf(octets.from(3)) };
  const organization = colonHex(octets.take(3, 3));
  const protocol = octets.u16(6);
  return { layer: { ...layer, organization, protocol }, next: afterSnap(organization, protocol, octets.from(8)) };
}

function afterSnap(organization: string, protocol: number, bytes: Uint8Array): Next | undefined {
  if (organization === "00:00:00") return afterEtherType(protocol, bytes);
  const { organization: cisco, protocol: pvst } = perVlanSpanningTree;
  return organization === cisco && protocol === pvst ? { as: "stp", bytes } : payloadOf(bytes);
}
