import { decodeFrame } from "../layers/decode.ts";
import type { Decoded } from "../layers/layer.ts";
import type { RawFrame } from "./framing.ts";
import type { Packet } from "./packet.ts";

/** Decodes a frame. @param number its place in the capture, from 1 */
export function packetOf(frame: RawFrame, number: number): Packet {
  const { interface: from, ...rest } = frame;
  return { ...decodeAny(frame), ...rest, number, interface: from.name };
}

/** LINKTYPE_ values (draft-ietf-opsawg-pcaplinktype). */
const LINKTYPE = { ethernet: 1, raw: 101, ipv4: 228, ipv6: 229 } as const;

function decodeAny({ interface: { linkType }, bytes, length }: RawFrame): Decoded {
  const decodeAs = (as: "ethernet" | "ipv4" | "ipv6"): Decoded => decodeFrame(bytes, { as, wireLength: length });
  switch (linkType) {
    case LINKTYPE.ethernet:
      return decodeAs("ethernet");
    case LINKTYPE.raw:
      return decodeAs((bytes[0] ?? 0) >> 4 === 6 ? "ipv6" : "ipv4");
    case LINKTYPE.ipv4:
      return decodeAs("ipv4");
    case LINKTYPE.ipv6:
      return decodeAs("ipv6");
    default: {
      const message = `frames of link type ${linkType} are not decoded`;
      const decoded = decodeFrame(bytes, { as: "payload" });
      return { ...decoded, problems: [{ layer: "payload", kind: "malformed", message }] };
    }
  }
}
