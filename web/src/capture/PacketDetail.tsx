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
    .map(([name, value]) => `${name}: ${textOf(value)}`)
    .join("\n");
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
