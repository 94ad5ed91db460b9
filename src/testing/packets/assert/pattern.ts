import { labError } from "../../../topology/errors/error.ts";
import { nearest } from "../../../topology/nearest.ts";
import type { Packet } from "../capture/packet.ts";
import { layerNames } from "../layers/decode.ts";
import type { LayerName, LayerOf } from "../layers/layer.ts";

/**
 * What a field should be: the value itself, a regular expression for texts, or a function that says
 * whether a value will do. Of an object any part may be given; the rest is not looked at. `undefined`:
 * the field is not there.
 *
 * Of a list: a list of as many elements, each as above; or one element, for a list that holds such a one.
 * Addresses may be written in any of their forms.
 */
export type Expected<T> = ((value: T) => boolean) | ExpectedValue<T>;

export type ExpectedValue<T> = T extends string
  ? T | RegExp
  : T extends number | bigint | boolean | Uint8Array
    ? T
    : T extends readonly (infer Element)[]
      ? readonly Expected<Element>[] | ExpectedValue<Element>
      : { readonly [Key in keyof T]?: Expected<NonNullable<T[Key]>> | undefined };

/**
 * What a layer should be. `true`: it is there; `false`: it is not. Of several layers of one name one must
 * match; a list of patterns stands for all of them, in order: `vlan: [{ id: 100 }, { id: 7 }]`.
 */
export type ExpectedLayer<L> = boolean | LayerFields<L> | ((layer: L) => boolean) | readonly LayerFields<L>[];

type LayerFields<L> = L extends unknown
  ? { readonly [Key in Exclude<keyof L, "layer">]?: Expected<NonNullable<L[Key]>> | undefined }
  : never;

/** Of a packet itself, not of its layers. */
type PacketField = "interface" | "direction" | "length" | "timeNs" | "bytes" | "comments" | "problems";

/**
 * A packet as a test describes it: everything given must be so.
 *
 *     { ip: { source: "10.0.0.1" }, tcp: { destinationPort: 80, flags: { syn: true, ack: false } } }
 *     { interface: "r1:eth1", direction: "outbound", vlan: { id: 100 }, arp: true }
 *     { dns: { answers: { type: "A", data: /^192\.0\.2\./ } } }
 */
export type PacketPattern = { readonly [Field in PacketField]?: Expected<Packet[Field]> | undefined } & {
  readonly [Name in LayerName]?: ExpectedLayer<LayerOf<Name>> | undefined;
} & {
  /** IPv4 or IPv6. */
  readonly ip?: ExpectedLayer<LayerOf<"ipv4"> | LayerOf<"ipv6">> | undefined;
};

const packetFields: readonly string[] = Object.keys({
  interface: true,
  direction: true,
  length: true,
  timeNs: true,
  bytes: true,
  comments: true,
  problems: true,
} satisfies Record<PacketField, true>);
const layerKeys: ReadonlySet<string> = new Set([...layerNames, "ip"]);

/** Whether a key of a pattern names a layer (or layers, as `ip` does). */
export const isLayerKey = (key: string): key is LayerName | "ip" => layerKeys.has(key);

/** @throws PACKET_PATTERN_INVALID for a key that no packet can have: it would never match, and hide that */
export function checkPattern(pattern: PacketPattern): void {
  for (const key of Object.keys(pattern)) {
    if (isLayerKey(key) || packetFields.includes(key)) continue;
    const known = [...layerKeys, ...packetFields];
    const close = nearest(key, known);
    throw labError("PACKET_PATTERN_INVALID", { key, known, ...(close === undefined ? {} : { nearest: close }) });
  }
}
