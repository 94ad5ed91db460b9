import { matchesPacket, matchPackets } from "./compare.ts";
import { describeNearest, describePattern, listPackets } from "./explain.ts";
import { checkPattern, type PacketPattern } from "./pattern.ts";
import { counted, type Packets, packetsOf, startOf, type Verdict } from "./verdict.ts";

/** How many packets should match. None given: at least one. */
export type PacketCount = {
  readonly count?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
};

/**
 * Whether so many packets match.
 *
 * @throws PACKET_PATTERN_INVALID
 */
export function judgeContains(source: Packets, pattern: PacketPattern, wanted: PacketCount = {}): Verdict {
  const packets = packetsOf(source);
  const found = matchPackets(packets, pattern);
  const { least, most } = boundsOf(wanted);
  const isSo = found.length >= least && found.length <= most;
  return {
    isSo,
    message() {
      const since = startOf(packets);
      const asked = `Expected ${isSo ? "other than " : ""}${boundsText(least, most)}${describePattern(pattern)}`;
      if (packets.length === 0) return `${asked}; there are no packets at all.`;
      const got = `${found.length === 1 ? "there is" : "there are"} ${found.length} among ${counted(packets.length)}`;
      const matching = found.length === 0 ? [] : [listPackets(found, since)];
      if (isSo || found.length > most) return [`${asked}; ${got}:`, ...matching].join("\n");
      const nearest = describeNearest(packets, pattern, since);
      const others =
        nearest === ""
          ? found.length === 0
            ? ["None comes near it:", listPackets(packets, since)]
            : []
          : ["The nearest:", nearest];
      return [`${asked}; ${got}${found.length === 0 ? "." : ":"}`, ...matching, ...others].join("\n");
    },
  };
}

function boundsOf({ count, atLeast, atMost }: PacketCount): { readonly least: number; readonly most: number } {
  if (count !== undefined) return { least: count, most: count };
  // "At most three" allows none.
  return { least: atLeast ?? (atMost === undefined ? 1 : 0), most: atMost ?? Number.POSITIVE_INFINITY };
}

function boundsText(least: number, most: number): string {
  if (least === most) return counted(least);
  if (most === Number.POSITIVE_INFINITY) return least === 1 ? "a packet" : `at least ${counted(least)}`;
  return least === 0 ? `at most ${counted(most)}` : `${least} to ${counted(most)}`;
}

/**
 * Whether a packet of each pattern is there, each after the one before; others may be between them.
 *
 * @throws PACKET_PATTERN_INVALID
 */
export function judgeOrder(source: Packets, patterns: readonly PacketPattern[]): Verdict {
  patterns.forEach(checkPattern);
  const packets = packetsOf(source);
  const places: number[] = [];
  for (const pattern of patterns) {
    const from = (places.at(-1) ?? -1) + 1;
    const at = packets.findIndex((packet, index) => index >= from && matchesPacket(packet, pattern));
    if (at < 0) break;
    places.push(at);
  }
  const missing = patterns[places.length];
  return {
    isSo: missing === undefined,
    message() {
      const since = startOf(packets);
      const found = listPackets(
        places.map((place) => packets[place]).filter((packet) => packet !== undefined),
        since,
      );
      if (missing === undefined) return `Expected no packets in this order, but there are:\n${found}`;
      const rest = packets.slice((places.at(-1) ?? -1) + 1);
      const earlier = packets.find((packet) => matchesPacket(packet, missing));
      const nearest = describeNearest(rest, missing, since);
      return [
        `Expected ${counted(patterns.length)} in order; number ${places.length + 1} is missing: one${describePattern(missing)}.`,
        places.length === 0 ? "None came before it." : `Before it came:\n${found}`,
        ...(earlier === undefined ? [] : [`Such a packet came too early:\n${listPackets([earlier], since)}`]),
        ...(nearest === ""
          ? [`${counted(rest.length, "No")} came after, and none comes near it.`]
          : [`The nearest of those after:\n${nearest}`]),
      ].join("\n");
    },
  };
}
