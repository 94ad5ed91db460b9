import { must, Octets, textOf } from "./octets.ts";
import type { Step } from "./step.ts";

/** IEEE 802.1X. */
export type Eapol = {
  readonly layer: "eapol";
  readonly version: number;
  /** `eap`, `start`, `logoff`, `key`, `alert`, `mka`, or `type-N`. */
  readonly type: string;
  /** Of the body, in bytes. */
  readonly length: number;
  readonly eap?: Eap;
};

export type Eap = {
  readonly code: "request" | "response" | "success" | "failure" | "other";
  readonly identifier: number;
  /** Of requests and responses: `identity`, `md5-challenge`, `tls`, …, or `method-N`. */
  readonly method?: string;
  /** Of a response to `identity`. */
  readonly identity?: string;
};

const types: readonly string[] = ["eap", "start", "logoff", "key", "alert", "mka"];
const codes = ["other", "request", "response", "success", "failure"] as const;

/** EAP Method Types (IANA). */
const methods: Readonly<Record<number, string>> = {
  1: "identity",
  2: "notification",
  3: "nak",
  4: "md5-challenge",
  6: "generic-token-card",
  13: "tls",
  21: "ttls",
  25: "peap",
  26: "mschapv2",
  43: "fast",
};

/** IEEE 802.1X-2010, clause 11.3; EAP: RFC 3748, section 4. */
export function decodeEapol(bytes: Uint8Array): Step<Eapol> {
  const octets = new Octets(bytes);
  const type = octets.u8(1);
  const length = octets.u16(2);
  const body = octets.take(4, length);
  return {
    layer: {
      layer: "eapol",
      version: octets.u8(0),
      type: types[type] ?? `type-${type}`,
      length,
      ...(type === 0 ? { eap: decodeEap(body) } : {}),
    },
  };
}

function decodeEap(body: Uint8Array): Eap {
  const octets = new Octets(body);
  const code = codes[octets.u8(0)] ?? "other";
  const identifier = octets.u8(1);
  const length = octets.u16(2);
  must(length >= 4, `its EAP packet is ${length} bytes long`);
  const eap = octets.take(0, length);
  if ((code !== "request" && code !== "response") || length === 4) return { code, identifier };
  const number = octets.u8(4);
  const method = methods[number] ?? `method-${number}`;
  const isIdentity = code === "response" && method === "identity";
  return { code, identifier, method, ...(isIdentity ? { identity: textOf(eap.subarray(5)) } : {}) };
}
