import type { Decoded, Layer, LayerName } from "./layer.ts";

/** What the layer outside says about the bytes that a decoder is given. */
export type Context = {
  readonly ip: IpContext | undefined;
  /** Decodes a packet inside a message about it (an ICMP error); what is quoted there is not looked into again. */
  readonly quote: (as: "ipv4" | "ipv6", bytes: Uint8Array) => Decoded | undefined;
  /** Captured was less than was on the wire: what is missing is no fault of the packet. */
  readonly isCut: boolean;
};

/** The IP packet around. */
export type IpContext = {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** A part of a packet: it ends before its layers do. */
  readonly isFragment: boolean;
  /** All bytes are there, and the pseudo header is known. */
  readonly canCheck: boolean;
};

export type Next = { readonly as: LayerName; readonly bytes: Uint8Array; readonly ip?: IpContext };

/** What a decoder made of its bytes: a layer, and what follows it. */
export type Step<L extends Layer = Layer> = {
  readonly layer: L;
  readonly next?: Next | undefined;
  /** Where the layer could be read but is not as it must be. */
  readonly faults?: readonly { readonly kind: "truncated" | "malformed"; readonly message: string }[];
};

export type Decoder<L extends Layer = Layer> = (bytes: Uint8Array, context: Context) => Step<L>;

/** The rest, when there is any. */
export const payloadOf = (bytes: Uint8Array): Next | undefined =>
  bytes.length === 0 ? undefined : { as: "payload", bytes };
