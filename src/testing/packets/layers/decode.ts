import { decodeArp } from "./arp.ts";
import { decodeBgp } from "./bgp.ts";
import { decodeDhcp } from "./dhcp.ts";
import { decodeDhcpv6 } from "./dhcpv6.ts";
import { decodeDns } from "./dns.ts";
import { decodeEapol } from "./eapol.ts";
import { decodeEthernet } from "./ethernet.ts";
import { decodeIcmp } from "./icmp.ts";
import { decodeIcmpv6 } from "./icmpv6.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeLacp } from "./lacp.ts";
import type { Decoded, Layer, LayerName, LayerOf, PacketProblem } from "./layer.ts";
import { decodeLlc } from "./llc.ts";
import { decodeLldp } from "./lldp.ts";
import { LayerFault } from "./octets.ts";
import { decodeOspf } from "./ospf.ts";
import { decodePayload } from "./payload.ts";
import type { Context, Decoder, Next } from "./step.ts";
import { decodeStp } from "./stp.ts";
import { decodeTcp } from "./tcp.ts";
import { decodeUdp } from "./udp.ts";
import { decodeVlan } from "./vlan.ts";
import { decodeVrrp } from "./vrrp.ts";

const decoders: { readonly [Name in LayerName]: Decoder<LayerOf<Name>> } = {
  arp: decodeArp,
  bgp: decodeBgp,
  dhcp: decodeDhcp,
  dhcpv6: decodeDhcpv6,
  dns: decodeDns,
  eapol: decodeEapol,
  ethernet: decodeEthernet,
  icmp: decodeIcmp,
  icmpv6: decodeIcmpv6,
  ipv4: decodeIpv4,
  ipv6: decodeIpv6,
  lacp: decodeLacp,
  llc: decodeLlc,
  lldp: decodeLldp,
  ospf: decodeOspf,
  payload: decodePayload,
  stp: decodeStp,
  tcp: decodeTcp,
  udp: decodeUdp,
  vlan: decodeVlan,
  vrrp: decodeVrrp,
};

/** Every layer that can be decoded. */
export const layerNames = Object.keys(decoders) as readonly LayerName[];

export type DecodeOptions = {
  /** The layer that the bytes begin with. Default: `ethernet`. */
  readonly as?: LayerName;
  /** How long the frame was on the wire. Default: as long as `bytes`. */
  readonly wireLength?: number;
};

/**
 * Decodes a frame, whatever is in it: never throws. What cannot be read is in `problems`, and its bytes
 * are the layer `payload`.
 *
 * @param bytes of the frame from its first header on, without the frame check sequence
 */
export function decodeFrame(bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  const isCut = (options.wireLength ?? bytes.length) > bytes.length;
  return run({ as: options.as ?? "ethernet", bytes }, isCut, (as, quoted) =>
    // An ICMP error quotes as much of a packet as it likes, and none is about another one (RFC 1122, 3.2.2).
    quoted.length === 0 ? undefined : run({ as, bytes: quoted }, true, () => undefined),
  );
}

/** Every decoder passes on fewer bytes than it was given, so this ends. */
function run(start: Next, isCut: boolean, quote: Context["quote"]): Decoded {
  const layers: Layer[] = [];
  const problems: PacketProblem[] = [];
  const report = (layer: LayerName, kind: "truncated" | "malformed", message: string): void => {
    problems.push({ layer, kind: kind === "truncated" && isCut ? "cut" : kind, message });
  };
  let next: Next | undefined = start;
  let ip: Context["ip"];
  while (next !== undefined) {
    const { as, bytes }: Next = next;
    ip = next.ip ?? ip;
    try {
      const step = (decoders[as] as Decoder)(bytes, { ip, isCut, quote });
      layers.push(step.layer);
      for (const { kind, message } of step.faults ?? []) report(as, kind, message);
      next = step.next;
    } catch (error) {
      if (!(error instanceof LayerFault)) throw error;
      report(as, error.kind, error.message);
      next = bytes.length === 0 ? undefined : { as: "payload", bytes };
    }
  }
  return named(layers, problems);
}

function named(layers: readonly Layer[], problems: readonly PacketProblem[]): Decoded {
  const first: Partial<Record<LayerName | "ip", Layer>> = {};
  for (const layer of layers) {
    first[layer.layer] ??= layer;
    if (layer.layer === "ipv4" || layer.layer === "ipv6") first.ip ??= layer;
  }
  return { layers, problems, ...first } as Decoded;
}
