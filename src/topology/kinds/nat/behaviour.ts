import { protocolNumbers } from "../nftables.ts";
import type { NatPreset } from "./options.ts";

/**
 * What a translator does, in the words of RFC 4787: which outside port an inside one gets (mapping), and
 * who outside may send to it (filtering).
 */
export type NatBehaviour = {
  /**
   * `preserving`: the inside port where it is free, as Linux and home routers do; the same for every
   * destination as long as nothing is in its way. `independent`: one outside port for an inside one,
   * whoever it talks to. `dependent`: another for each destination.
   */
  readonly mapping: "preserving" | "independent" | "dependent";
  /** `independent`: anyone may send to a port that is mapped. `dependent`: only whom was sent to, from that port. */
  readonly filtering: "independent" | "dependent";
  readonly hairpin: boolean;
  /** Outside ports are given in blocks, one for each machine inside (RFC 7422). */
  readonly portBlocks: boolean;
  /** What may leave; absent: everything. In the words of nft(8). */
  readonly outbound?: readonly string[];
};

export const natBehaviours: Readonly<Record<NatPreset, NatBehaviour>> = {
  home: { mapping: "preserving", filtering: "dependent", hairpin: true, portBlocks: false },
  corporate: {
    mapping: "dependent",
    filtering: "dependent",
    hairpin: false,
    portBlocks: false,
    outbound: [
      "tcp dport { 80, 443 }",
      "udp dport 443",
      `meta l4proto { ${protocolNumbers.tcp}, ${protocolNumbers.udp} } th dport 53`,
      "icmp type echo-request",
    ],
  },
  // RFC 6888: REQ-1 (behaves as RFC 4787 wants: mapping independent of the endpoint), REQ-4 (a limit of ports each).
  cgnat: { mapping: "independent", filtering: "independent", hairpin: true, portBlocks: true },
  "full-cone": { mapping: "independent", filtering: "independent", hairpin: true, portBlocks: false },
  symmetric: { mapping: "dependent", filtering: "dependent", hairpin: false, portBlocks: false },
  nat64: { mapping: "preserving", filtering: "dependent", hairpin: false, portBlocks: false },
};
