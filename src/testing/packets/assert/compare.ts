import { formatAddress, parseAddress } from "../../../topology/address.ts";
import type { Packet } from "../capture/packet.ts";
import type { Layer, LayerName } from "../layers/layer.ts";
import { checkPattern, isLayerKey, type PacketPattern } from "./pattern.ts";

/** One field that is not as the pattern says. */
export type Difference = {
  /** `tcp.flags.syn`. */
  readonly path: string;
  readonly expected: unknown;
  /** undefined: the field, or its layer, is not there. */
  readonly actual: unknown;
};

/** How near a packet is to a pattern: so many of its fields match. */
export type Comparison = {
  readonly matched: number;
  readonly differences: readonly Difference[];
};

/** Compares a packet with a pattern, field by field. It matches when there are no differences. */
export function comparePacket(packet: Packet, pattern: PacketPattern): Comparison {
  return joined(
    Object.entries(pattern).map(([key, expected]) =>
      isLayerKey(key)
        ? compareLayers(key, layersOf(packet, key), expected)
        : compareValue(key, packet[key as keyof Packet], expected),
    ),
  );
}

export const matchesPacket = (packet: Packet, pattern: PacketPattern): boolean =>
  comparePacket(packet, pattern).differences.length === 0;

/**
 * The packets that match, in order.
 *
 * @throws PACKET_PATTERN_INVALID
 */
export function matchPackets(packets: readonly Packet[], pattern: PacketPattern): readonly Packet[] {
  checkPattern(pattern);
  return packets.filter((packet) => matchesPacket(packet, pattern));
}

const match: Comparison = { matched: 1, differences: [] };
const differs = (path: string, expected: unknown, actual: unknown): Comparison => ({
  matched: 0,
  differences: [{ path, expected, actual }],
});

const joined = (parts: readonly Comparison[]): Comparison => ({
  matched: parts.reduce((sum, part) => sum + part.matched, 0),
  differences: parts.flatMap((part) => part.differences),
});

/** The one with the fewest differences. */
const nearestOf = (comparisons: readonly Comparison[], otherwise: Comparison): Comparison =>
  comparisons.reduce(
    (best, one) =>
      one.differences.length < best.differences.length ||
      (one.differences.length === best.differences.length && one.matched > best.matched)
        ? one
        : best,
    comparisons[0] ?? otherwise,
  );

const layersOf = ({ layers }: Packet, key: LayerName | "ip"): readonly Layer[] =>
  layers.filter(({ layer }) => (key === "ip" ? layer === "ipv4" || layer === "ipv6" : layer === key));

function compareLayers(key: string, layers: readonly Layer[], expected: unknown): Comparison {
  if (expected === false || expected === undefined) {
    return layers.length === 0 ? match : differs(key, expected, layers[0]);
  }
  if (layers.length === 0) return differs(key, expected, undefined);
  if (expected === true) return match;
  if (Array.isArray(expected)) {
    if (layers.length !== expected.length) return differs(`${key}.length`, expected.length, layers.length);
    return joined([
      match,
      ...layers.map((layer, index) => compareValue(`${key}[${index}]`, layer, expected[index] as unknown)),
    ]);
  }
  // A packet that has the layer at all is nearer than one that has not.
  const nearest = nearestOf(
    layers.map((layer) => compareValue(key, layer, expected)),
    match,
  );
  return joined([match, nearest]);
}

function compareValue(path: string, actual: unknown, expected: unknown): Comparison {
  if (expected === undefined || actual === undefined) {
    return actual === expected ? match : differs(path, expected, actual);
  }
  if (typeof expected === "function") {
    return (expected as (value: unknown) => boolean)(actual) ? match : differs(path, expected, actual);
  }
  if (expected instanceof Uint8Array) {
    const isSame = actual instanceof Uint8Array && Buffer.compare(actual, expected) === 0;
    return isSame ? match : differs(path, expected, actual);
  }
  if (Array.isArray(expected)) return compareList(path, actual, expected);
  if (Array.isArray(actual)) {
    const elements = actual.map((element: unknown, index) => compareValue(`${path}[${index}]`, element, expected));
    const nearest = nearestOf(elements, differs(path, expected, actual));
    // Of single values the whole list tells more than the one that was nearest.
    return nearest.differences.length > 0 && !isPlainObject(expected) ? differs(path, expected, actual) : nearest;
  }
  if (expected instanceof RegExp) {
    // search() begins at the beginning, whatever flags there are.
    const isFound = typeof actual === "string" && actual.search(expected) >= 0;
    return isFound ? match : differs(path, expected, actual);
  }
  if (!isPlainObject(expected)) return isSameValue(actual, expected) ? match : differs(path, expected, actual);
  if (!isPlainObject(actual)) return differs(path, expected, actual);
  return joined(Object.entries(expected).map(([key, value]) => compareValue(`${path}.${key}`, actual[key], value)));
}

function compareList(path: string, actual: unknown, expected: readonly unknown[]): Comparison {
  if (!Array.isArray(actual)) return differs(path, expected, actual);
  if (actual.length !== expected.length) return differs(path, expected, actual);
  return joined(expected.map((element, index) => compareValue(`${path}[${index}]`, actual[index], element)));
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !(value instanceof RegExp) && !(value instanceof Uint8Array);

/** Packets have addresses in their canonical form; patterns need not. */
function isSameValue(actual: unknown, expected: unknown): boolean {
  if (actual === expected) return true;
  if (typeof actual !== "string" || typeof expected !== "string" || !actual.includes(":")) return false;
  return canonical(expected) === actual;
}

function canonical(text: string): string {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if ("problem" in address) return text.toLowerCase().replaceAll("-", ":");
  return formatAddress(address) + (slash < 0 ? "" : text.slice(slash));
}
