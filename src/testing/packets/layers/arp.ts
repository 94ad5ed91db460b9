import { colonHex, ipText, Octets } from "./octets.ts";
import type { Step } from "./step.ts";

export type Arp = {
  readonly layer: "arp";
  readonly operation: "request" | "reply" | "reverse-request" | "reverse-reply" | "other";
  readonly operationCode: number;
  /** 1: Ethernet. */
  readonly hardwareType: number;
  /** 0x0800: IPv4. */
  readonly protocolType: number;
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac: string;
  readonly targetIp: string;
  /** Sender and target are the same address: it tells all others about it (RFC 5227, section 3). */
  readonly isGratuitous: boolean;
  /** Asks whether anybody has the address, without claiming one (RFC 5227, section 2.1.1). */
  readonly isProbe: boolean;
};

const operations = ["other", "request", "reply", "reverse-request", "reverse-reply"] as const;

/** RFC 826. Addresses that are neither MAC nor IPv4 are shown as bytes, `01:02:…`. */
export function decodeArp(bytes: Uint8Array): Step<Arp> {
  const octets = new Octets(bytes);
  const hardwareType = octets.u16(0);
  const protocolType = octets.u16(2);
  const [hardwareBytes, protocolBytes] = [octets.u8(4), octets.u8(5)];
  const operationCode = octets.u16(6);
  const target = 8 + hardwareBytes + protocolBytes;
  const senderIp = ipText(octets.take(8 + hardwareBytes, protocolBytes));
  const targetIp = ipText(octets.take(target + hardwareBytes, protocolBytes));
  const operation = operations[operationCode] ?? "other";
  return {
    layer: {
      layer: "arp",
      operation,
      operationCode,
      hardwareType,
      protocolType,
      senderMac: colonHex(octets.take(8, hardwareBytes)),
      senderIp,
      targetMac: colonHex(octets.take(target, hardwareBytes)),
      targetIp,
      isGratuitous: senderIp === targetIp,
      isProbe: operation === "request" && senderIp === "0.0.0.0",
    },
  };
}
