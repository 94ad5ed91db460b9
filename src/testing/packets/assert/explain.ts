import type { Packet } from "../capture/packet.ts";
import { type Comparison, comparePacket, type Difference } from "./compare.ts";
import { describePacket } from "./describe.ts";
import { describeValue } from "./describe-value.ts";
import { isLayerKey, type PacketPattern } from "./pattern.ts";

const mostShown = 3;
const mostDifferences = 6;

/** A pattern in words: ` with tcp.destinationPort 80, no vlan`; empty for one that wants nothing. */
export function describePattern(pattern: PacketPattern): string {
  const fields = fieldsOf("", pattern).map(fieldText);
  return fields.length === 0 ? "" : ` with ${fields.join(", ")}`;
}

type Field = { readonly path: string; readonly expected: unknown };

function fieldsOf(path: string, expected: unknown): readonly Field[] {
  const isPlain =
    typeof expected === "object" && expected !== null && Object.getPrototypeOf(expected) === Object.prototype;
  if (!isPlain) return [{ path, expected }];
  return Object.entries(expected).flatMap(([key, value]) => fieldsOf(path === "" ? key : `${path}.${key}`, value));
}

function fieldText({ path, expected }: Field): string {
  if (isLayerKey(path) && expected === true) return path;
  if (expected === undefined || (isLayerKey(path) && expected === false)) return `no ${path}`;
  return `${path} ${describeValue(expected)}`;
}

/**
 * The packets that come nearest to a pattern, in one line each, and under it what is different. Empty
 * when none has anything of it.
 *
 * @param sinceNs what times count from
 */
export function describeNearest(packets: readonly Packet[], pattern: PacketPattern, sinceNs: bigint): string {
  type Candidate = { readonly packet: Packet; readonly comparison: Comparison };
  const best: Candidate[] = [];
  for (const packet of packets) {
    const comparison = comparePacket(packet, pattern);
    if (comparison.differences.length === 0 || comparison.matched === 0) continue;
    const at = best.findIndex((one) => isNearer(comparison, one.comparison));
    if (at >= 0) best.splice(at, 0, { packet, comparison });
    else if (best.length < mostShown) best.push({ packet, comparison });
    if (best.length > mostShown) best.pop();
  }
  return best
    .map(({ packet, comparison }) =>
      [`  ${describePacket(packet, { sinceNs })}`, ...differenceLines(comparison.differences)].join("\n"),
    )
    .join("\n");
}

const isNearer = (a: Comparison, b: Comparison): boolean =>
  a.matched > b.matched || (a.matched === b.matched && a.differences.length < b.differences.length);

function differenceLines(differences: readonly Difference[]): readonly string[] {
  const shown = differences.slice(0, mostDifferences).map((difference) => `      ${differenceText(difference)}`);
  const left = differences.length - shown.length;
  return left === 0 ? shown : [...shown, `      and ${left} more`];
}

function differenceText({ path, expected, actual }: Difference): string {
  if (expected === undefined || (isLayerKey(path) && expected === false)) return `${path} is there`;
  if (actual === undefined) return `${path} is not there`;
  return `${path} is ${describeValue(actual)}, not ${describeValue(expected)}`;
}

/** Some packets, in one line each. */
export function listPackets(packets: readonly Packet[], sinceNs: bigint): string {
  const shown = packets.slice(0, mostShown).map((packet) => `  ${describePacket(packet, { sinceNs })}`);
  const left = packets.length - shown.length;
  return (left === 0 ? shown : [...shown, `  and ${left} more`]).join("\n");
}
