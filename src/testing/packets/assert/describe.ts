import type { Packet } from "../capture/packet.ts";
import type { Dhcp } from "../layers/dhcp.ts";
import type { Dns } from "../layers/dns.ts";
import type { Layer, LayerName, LayerOf } from "../layers/layer.ts";
import type { Tcp } from "../layers/tcp.ts";

export type DescribeOptions = {
  /** Times count from here; from midnight (UTC) when absent. */
  readonly sinceNs?: bigint;
};

/**
 * One line about a packet, as tcpdump would write it: number, time in seconds, interface, direction,
 * what it says.
 *
 *     #12 +0.001234 h1:eth0 out  10.0.0.1.40123 > 10.0.0.2.80: tcp syn, seq 1, window 64240
 */
export function describePacket(packet: Packet, { sinceNs }: DescribeOptions = {}): string {
  const time = sinceNs === undefined ? timeOfDay(packet.timeNs) : seconds(packet.timeNs - sinceNs);
  const direction = { inbound: " in", outbound: " out", unknown: "" }[packet.direction];
  return `#${packet.number} ${time} ${packet.interface}${direction}  ${describeLayers(packet)}`;
}

const secondsPerDay = 86_400n;

function timeOfDay(timeNs: bigint): string {
  const micros = timeNs / 1000n;
  const second = Number((micros / 1_000_000n) % secondsPerDay);
  const clock = [second / 3600, (second / 60) % 60, second % 60].map((part) => twoDigits(Math.floor(part))).join(":");
  return `${clock}.${String(micros % 1_000_000n).padStart(6, "0")}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, "0");

function seconds(differenceNs: bigint): string {
  const [sign, micros] = differenceNs < 0n ? ["-", -differenceNs / 1000n] : ["+", differenceNs / 1000n];
  return `${sign}${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, "0")}`;
}

/** Tags, then who speaks to whom, then what is said: the innermost layer. */
function describeLayers({ layers, problems, ...packet }: Packet): string {
  const inner = layers.findLast(({ layer }) => layer !== "payload");
  const tags = layers.flatMap((layer) => (layer.layer === "vlan" ? [`vlan ${layer.id} `] : [])).join("");
  const faults = problems.map(({ layer, kind }) => ` [${layer} ${kind}]`).join("");
  const payload = packet.payload === undefined ? "" : `, ${packet.payload.length} bytes`;
  // A segment may hold several messages of BGP.
  const said = layers.filter((layer) => layer === inner || (layer.layer === "bgp" && inner?.layer === "bgp"));
  const words = inner === undefined ? "no layer" : said.map(wordsOf).join(", ");
  return `${tags}${parties(layers)}: ${words}${payload}${faults}`;
}

/** By addresses and ports, in tcpdump's way, of the innermost packet. */
function parties(layers: readonly Layer[]): string {
  const ip = layers.findLast((layer) => layer.layer === "ipv4" || layer.layer === "ipv6");
  const transport = layers.findLast((layer) => layer.layer === "tcp" || layer.layer === "udp");
  const [from, to] = transport ? [`.${transport.sourcePort}`, `.${transport.destinationPort}`] : ["", ""];
  if (ip !== undefined) return `${ip.source}${from} > ${ip.destination}${to}`;
  const ethernet = layers.find((layer) => layer.layer === "ethernet");
  return ethernet === undefined ? "?" : `${ethernet.source} > ${ethernet.destination}`;
}

const describers: { readonly [Name in LayerName]: (layer: LayerOf<Name>) => string } = {
  arp: (arp) =>
    arp.operation === "request"
      ? `arp request, who has ${arp.targetIp}, tell ${arp.senderIp}`
      : `arp ${arp.operation}, ${arp.senderIp} is at ${arp.senderMac}`,
  bgp: ({ type, open }) => `bgp ${type}${open === undefined ? "" : `, AS ${open.asn}, id ${open.routerId}`}`,
  dhcp: (dhcp) => `dhcp ${dhcp.messageType ?? dhcp.operation}, ${dhcp.clientMac}${dhcpDetail(dhcp)}`,
  dhcpv6: ({ messageType, relay }) => `dhcpv6 ${messageType}${relay?.message ? ` (${relay.message.messageType})` : ""}`,
  dns: dnsWords,
  eapol: ({ type, eap }) => `eapol ${type}${eap === undefined ? "" : ` ${eap.code} ${eap.method ?? ""}`.trimEnd()}`,
  ethernet: ({ type, length }) => (type === undefined ? `ethernet, length ${length}` : `ethernet, type ${hex(type)}`),
  icmp: (icmp) => `icmp ${icmp.name}${icmpDetail(icmp)}`,
  icmpv6: (icmp) => `icmpv6 ${icmp.name}${icmp.target === undefined ? icmpDetail(icmp) : ` for ${icmp.target}`}`,
  ipv4: ({ protocol, fragmentOffset, moreFragments }) =>
    `ipv4, protocol ${protocol}${fragmentOffset > 0 || moreFragments ? `, fragment at ${fragmentOffset}` : ""}`,
  ipv6: ({ protocol, fragment }) =>
    `ipv6, protocol ${protocol}${fragment === undefined ? "" : `, fragment at ${fragment.offset}`}`,
  lacp: ({ actor, partner }) => `lacp, ${actor.system} port ${actor.port}, partner ${partner.system}`,
  llc: ({ destinationSap, organization }) =>
    organization === undefined ? `llc, sap ${hex(destinationSap)}` : `llc snap ${organization}`,
  lldp: ({ systemName, chassisId, portId }) => `lldp, ${systemName ?? chassisId.value} port ${portId.value}`,
  ospf: ({ version, type, routerId, area }) => `ospfv${version} ${type}, router ${routerId}, area ${area}`,
  payload: ({ length }) => `${length} bytes`,
  stp: ({ kind, root, bridge }) => `stp ${kind}${root && bridge ? `, root ${root.mac}, bridge ${bridge.mac}` : ""}`,
  tcp: (tcp) => `tcp ${tcpWords(tcp)}`,
  udp: () => "udp",
  vlan: ({ type }) => `type ${hex(type)}`,
  vrrp: ({ version, routerId, priority, addresses }) =>
    `vrrpv${version}, router ${routerId}, priority ${priority}, ${addresses.join(" ")}`,
};

const wordsOf = (layer: Layer): string => (describers[layer.layer] as (layer: Layer) => string)(layer);

const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;

function icmpDetail(icmp: LayerOf<"icmp"> | LayerOf<"icmpv6">): string {
  if (icmp.sequence !== undefined) return `, id ${icmp.identifier}, seq ${icmp.sequence}`;
  if (icmp.quoted !== undefined) return ` (code ${icmp.code}) about ${parties(icmp.quoted.layers)}`;
  return icmp.code === 0 ? "" : `, code ${icmp.code}`;
}

function tcpWords({ flags, sequence, acknowledgement, window }: Tcp): string {
  const names = Object.entries(flags)
    .filter(([, isSet]) => isSet)
    .map(([name]) => name);
  const acknowledged = flags.ack ? `, ack ${acknowledgement}` : "";
  return `${names.join(" ") || "without flags"}, seq ${sequence}${acknowledged}, window ${window}`;
}

function dhcpDetail({ yourIp, options }: Dhcp): string {
  if (yourIp !== "0.0.0.0") return ` gets ${yourIp}`;
  return options.requestedIp === undefined ? "" : ` asks for ${options.requestedIp}`;
}

function dnsWords({ isResponse, responseCode, questions, answers }: Dns): string {
  const question = questions.map(({ name, type }) => `${type} ${name}`).join(" ");
  if (!isResponse) return `dns query ${question}`;
  const data = answers.map((record) => record.data ?? record.type).join(" ");
  return `dns response ${[question, responseCode, data].filter((part) => part !== "").join(" ")}`;
}
