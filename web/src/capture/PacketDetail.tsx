import { describePacket } from "../../../src/testing/packets/assert/describe.ts";
import type { Packet } from "../../../src/testing/packets/capture/packet.ts";

const perRow = 16;
const mostHexBytes = 4096;

/** What is in a packet, layer by layer, and its bytes. */
export function PacketDetail({ packet }: { readonly packet: Packet }) {
  const { layers, problems, bytes, length, comments } = packet;
  return (
    <section className="packet-detail" aria-label={`Packet ${packet.number}`}>
      <div>
        Packet {packet.number}, {length} bytes on the wire{bytes.length < length ? `, ${bytes.length} captured` : ""}
      </div>
      {/* Beside the details, the list has no room for all of a long line. */}
      <div className="packet-words">{describePacket(packet).replace(/^#\d+ /, "")}</div>
      {comments.map((comment) => (
        <div key={comment}>{comment}</div>
      ))}
      {problems.map(({ layer, kind, message }) => (
        <div key={`${layer} ${kind}`}>
          <b>
            {layer} {kind}
          </b>
          : {message}
        </div>
      ))}
      {layers.map((layer, index) => (
        // Layers have no names of their own where one is in another twice.
        // biome-ignore lint/suspicious/noArrayIndexKey: they never change their order
        <details key={`${layer.layer} ${index}`} open={layer.layer !== "payload"}>
          <summary>
            <b>{layer.layer}</b>
          </summary>
          <pre>{fieldsOf(layer)}</pre>
        </details>
      ))}
      <pre className="hex">{hexOf(bytes)}</pre>
    </section>
  );
}

function fieldsOf(layer: object): string {
  return Object.entries(layer)
    .filter(([name, value]) => name !== "layer" && value !== undefined)
    .map(([name, value]) => `${name}: ${numberText("layer" in layer ? layer.layer : "", name, value) ?? textOf(value)}`)
    .join("\n");
}

/** EtherTypes (IEEE 802 Numbers, IANA) and protocol numbers (IANA), as network people know them. */
const etherTypes: Readonly<Record<number, string>> = {
  0x0800: "IPv4",
  0x0806: "ARP",
  0x8100: "802.1Q",
  0x86dd: "IPv6",
  0x8809: "slow protocols",
  0x8847: "MPLS",
  0x888e: "EAPOL",
  0x88a8: "802.1ad",
  0x88cc: "LLDP",
};
const protocols: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  4: "IPv4",
  6: "TCP",
  17: "UDP",
  41: "IPv6",
  47: "GRE",
  50: "ESP",
  58: "ICMPv6",
  89: "OSPF",
  112: "VRRP",
};

function numberText(layer: unknown, name: string, value: unknown): string | undefined {
  if (typeof value !== "number") return undefined;
  if (name === "type" && (layer === "ethernet" || layer === "vlan")) {
    const hex = `0x${value.toString(16).padStart(4, "0")}`;
    return etherTypes[value] === undefined ? hex : `${hex} (${etherTypes[value]})`;
  }
  if (name === "protocol" && (layer === "ipv4" || layer === "ipv6"))
    return protocols[value] === undefined ? undefined : `${protocols[value]} (${value})`;
  return undefined;
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "bigint") return String(value);
  if (typeof value === "object" && value !== null)
    return JSON.stringify(value, (_, inner: unknown) =>
      inner instanceof Uint8Array ? `${inner.length} bytes` : typeof inner === "bigint" ? String(inner) : inner,
    );
  return String(value);
}

function hexOf(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, mostHexBytes); at += perRow) {
    const row = [...bytes.subarray(at, at + perRow)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    rows.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(perRow * 3 - 1)}  ${text}`);
  }
  if (bytes.length > mostHexBytes) rows.push(`… and ${bytes.length - mostHexBytes} bytes more`);
  return rows.join("\n");
}
