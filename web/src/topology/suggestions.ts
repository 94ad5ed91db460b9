import type { Layout, Reading } from "../../../src/api/index.ts";
import { isCrossed } from "../graph/label-spots.ts";
import { shapeOf } from "../graph/link-shape.ts";
import { nodeSize } from "../graph/node-size.ts";
import {
  addressesIn,
  addressText,
  freePrefix,
  overlap,
  type Prefix,
  prefixesIn,
  prefixOf,
  prefixText,
} from "./addresses.ts";
import { type LabDocument, printDocument, readDocument, setAt } from "./document.ts";
import { setOfLink } from "./edits.ts";
import { type FileGraph, type FileLink, type FileNode, graphIn } from "./file-graph.ts";
import { type End, type GatewayOf, gatewaysIn, nearnessIn, type Segment } from "./gateways.ts";
import type { Pairing } from "./pairing.ts";
import { namePorts } from "./ports.ts";
import { record } from "./record.ts";

type ReadLab = NonNullable<Reading["lab"]>;

const usualLength = 24;

/** The first of 10.0.1.0/24, 10.0.2.0/24, … that the file does not speak of. */
export const freeSubnet = (text: string): string => prefixText(freePrefix(usualLength, prefixesIn(text)));

/** As many columns as there is room for beside the settings, which open for what was added, in a small window. */
const grid = { x: 150, y: 200, columns: 3, step: 90 } as const;

/** Around a node on each side: words beside a link that passes have room there. */
const margin = 18;

/**
 * Beside and below what is there, up and down in turns: a link to the one after the next passes no node.
 *
 * @param pairs of nodes that are linked: no link goes where the new one stands
 * @param notes that are not covered
 */
export function freePlace(
  places: Layout,
  pairs: readonly (readonly [string, string])[] = [],
  notes: readonly Layout[string][] = [],
): Layout[string] {
  const all = [...Object.values(places), ...notes];
  const lines = pairs.flatMap(([a, b]) => {
    const [from, to] = [places[a], places[b]];
    return from === undefined || to === undefined ? [] : [shapeOf(from, to, 0)];
  });
  if (all.length === 0) return { x: 0, y: 0 };
  const left = Math.min(...all.map(({ x }) => x));
  const top = Math.min(...all.map(({ y }) => y));
  for (let number = 0; ; number += 1) {
    const column = number % grid.columns;
    const x = left + column * grid.x;
    const y = top + Math.floor(number / grid.columns) * grid.y + (column % 2) * grid.step;
    if (all.some((one) => Math.abs(one.x - x) < grid.x / 2 && Math.abs(one.y - y) < grid.step)) continue;
    const [halfWidth, halfHeight] = [nodeSize.width / 2, nodeSize.height / 2];
    const around = {
      x: x + halfWidth,
      y: y + halfHeight,
      halfWidth: halfWidth + margin,
      halfHeight: halfHeight + margin,
    };
    if (!lines.some((line) => isCrossed(around, line))) return { x, y };
  }
}

/** Below all that is there. */
export function placeBelow(places: Layout): Layout[string] {
  const all = Object.values(places);
  if (all.length === 0) return { x: 0, y: 0 };
  return { x: Math.min(...all.map(({ x }) => x)), y: Math.max(...all.map(({ y }) => y)) + grid.step };
}

function segmentsOf({ nodes, links }: ReadLab): readonly Segment[] {
  const isSwitch = new Set(nodes.filter(({ kind }) => kind === "switch").map(({ name }) => name));
  const all = new Map<string, { ends: End[]; links: ReadLab["links"][number][] }>();
  const keyOf = (end: End) => (isSwitch.has(end.node) ? end.node : `${end.node}\n${end.interface}`);
  const made = (key: string) => {
    const found = all.get(key) ?? { ends: [], links: [] };
    all.set(key, found);
    return found;
  };
  for (const link of links) {
    const [one, other] = [made(keyOf(link.a)), made(keyOf(link.b))];
    one.links.push(link);
    for (const end of [link.a, link.b]) if (!isSwitch.has(end.node)) one.ends.push(end);
    if (one === other) continue;
    one.ends.push(...other.ends);
    one.links.push(...other.links);
    for (const [key, segment] of all) if (segment === other) all.set(key, one);
  }
  return [...new Set(all.values())];
}

/**
 * Addresses for all that is linked and has none, in networks that the file does not speak of, and gateways
 * (`gatewaysIn`).
 *
 * @returns how many networks got some
 */
export function addressAll(document: LabDocument, graph: FileGraph, pairing: Pairing, lab: ReadLab): number {
  const has = new Set(
    lab.nodes.flatMap(({ name, interfaces }) =>
      interfaces.filter(({ addresses }) => addresses.length > 0).map((one) => `${name}\n${one.name}`),
    ),
  );
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const hosts = new Set(lab.nodes.filter(({ kind }) => kind === "host").map(({ name }) => name));
  const near = nearnessIn(graph, lab);
  const fileLink = new Map([...pairing.of].map(([id, link]) => [link.id, graph.links.find((one) => one.id === id)]));
  // Who asks for an address gets its gateway with it.
  const segments = segmentsOf(lab).map(({ ends, links }) => ({
    links,
    ends: ends.filter((end) => !asksByDhcp(byName.get(end.node), end.interface)),
    isWhole: ends.every((end) => !asksByDhcp(byName.get(end.node), end.interface)),
  }));
  const gateways = gatewaysIn(segments, graph, lab);
  const taken = [
    ...prefixesIn(lab.nodes.flatMap((one) => one.interfaces.flatMap(({ addresses }) => addresses)).join(" ")),
  ];
  let count = 0;
  for (const segment of segments) {
    const { ends, links, isWhole } = segment;
    const isOurs = ends.every(({ node }) => byName.has(node));
    if (ends.length < 2 || !isOurs || ends.some((end) => has.has(`${end.node}\n${end.interface}`))) continue;
    const prefix =
      leasedIn(ends, byName, taken) ?? freePrefix(lengthFor(ends.length), prefixesIn(printDocument(document)));
    count += 1;
    taken.push(prefix);
    const inFile = links.map(({ id }) => fileLink.get(id));
    const only = inFile[0];
    const given = gateways.get(segment);
    const networks = new Set(inFile.map((link) => (link !== undefined && "network" in link.at ? link.at.network : "")));
    const [network = ""] = networks;
    const isOneForm =
      (inFile.length === 1 && only !== undefined && "link" in only.at) || (networks.size === 1 && network !== "");
    // A link or network gives its gateway to all hosts that are at it, and to nobody else.
    const others = ends.filter(({ node }) => hosts.has(node) && node !== given?.gateway.node);
    const takers = given?.takers ?? [];
    const isOfHosts = isWhole && takers.length === others.length && takers.every((end) => others.includes(end));
    const ranked = inOrder(ends, graph, given, near);
    if (only !== undefined && isOneForm && (takers.length === 0 || isOfHosts)) {
      setOfLink(document, only, ["subnet"], prefixText(prefix));
      if (given !== undefined && takers.length > 0) setOfLink(document, only, ["gateway"], given.gateway.node);
      // There the members have them in turn: who is to have a lower one than its place gives has it written.
      const first = ranked.filter((end) => rankOf(end, given, near) < 2);
      const turn = inTurn(segment, inFile).map((end) => rankOf(end, given, near));
      if (turn.some((rank, index) => rank < (turn[index - 1] ?? 0)))
        addressEach(document, graph, pairing, first, given, prefix);
    } else addressEach(document, graph, pairing, ranked, given, prefix);
  }
  return count;
}

/** The network that a DHCP server of a segment lends addresses of, where nobody else is in it and the low ones are free. */
function leasedIn(
  ends: readonly End[],
  byName: ReadonlyMap<string, FileNode>,
  taken: readonly Prefix[],
): Prefix | undefined {
  const pools = ends.flatMap(({ node }) => byName.get(node)?.settings["pools"] ?? []);
  const [first] = addressesIn(String(record(pools[0])["first"] ?? ""));
  if (first === undefined) return undefined;
  const prefix = prefixOf({ address: first.address, length: usualLength });
  const isFree = first.address - prefix.network > ends.length && !taken.some((other) => overlap(other, prefix));
  return isFree ? prefix : undefined;
}

function asksByDhcp(node: FileNode | undefined, name: string): boolean {
  const setting = record(node?.settings["interfaces"])[name];
  const given = typeof setting === "string" || Array.isArray(setting) ? setting : record(setting)["addresses"];
  return [given].flat().includes("dhcp");
}

const lengthFor = (hosts: number): number => Math.min(usualLength, 32 - Math.ceil(Math.log2(hosts + 2)));

/** As a link's ends, or a network's members, are written. */
function inTurn({ ends, links }: Segment, inFile: readonly (FileLink | undefined)[]): readonly End[] {
  const turn = ({ node, interface: name }: End) => {
    const index = links.findIndex(({ a, b }) => [a, b].some((one) => one.node === node && one.interface === name));
    const at = inFile[index]?.at;
    return at !== undefined && "member" in at ? at.member : Number(links[index]?.a.node !== node);
  };
  return ends.toSorted((one, other) => turn(one) - turn(other));
}

function rankOf({ node }: End, given: GatewayOf | undefined, near: (node: string) => number): 0 | 1 | 2 {
  if (node === given?.gateway.node) return 0;
  return near(node) > 0 ? 1 : 2;
}

/** Routers first, and of them the gateway: they have the lowest addresses, as people give them. */
function inOrder(
  ends: readonly End[],
  graph: FileGraph,
  given: GatewayOf | undefined,
  near: (node: string) => number,
): readonly End[] {
  const inFile = new Map(graph.nodes.map(({ name }, index) => [name, index]));
  const rank = (end: End) => rankOf(end, given, near);
  return ends.toSorted(
    (one, other) => rank(one) - rank(other) || (inFile.get(one.node) ?? 0) - (inFile.get(other.node) ?? 0),
  );
}

function addressEach(
  document: LabDocument,
  graph: FileGraph,
  pairing: Pairing,
  ends: readonly End[],
  given: GatewayOf | undefined,
  prefix: Prefix,
): void {
  for (const [index, end] of ends.entries()) {
    const node = graph.nodes.find(({ name }) => name === end.node);
    if (node === undefined) continue;
    const path = ["interfaces", end.interface];
    namePorts(document, node, graph, pairing, path);
    const address = `${addressText(prefix.network + index + 1)}/${prefix.length}`;
    const whole = ["nodes", node.name, ...path];
    const settings = record(node.settings["interfaces"])[end.interface];
    const isLong = typeof settings === "object" && settings !== null && !Array.isArray(settings);
    const asked = given?.takers.includes(end) === true ? { gateway: addressText(prefix.network + 1) } : {};
    if (isLong || "gateway" in asked)
      setAt(document, whole, { ...(isLong ? settings : {}), addresses: address, ...asked });
    else setAt(document, whole, address);
  }
}

/** Kinds that are wrong as long as nothing has an address, and what they are made of. */
const unfinished: Readonly<Record<string, string>> = { uplink: "router", nat: "router", "dhcp-server": "host" };

/** A lab file in which such kinds are what they are made of: what is linked with what can be read of it before. */
export function withoutUnfinished(text: string): string {
  const document = readDocument(text);
  for (const { name, kind, settings } of graphIn(document)?.nodes ?? []) {
    const base = unfinished[kind];
    if (base === undefined) continue;
    const { interfaces, routes } = settings;
    document.setIn(["nodes", name], document.createNode({ kind: base, interfaces, routes }));
  }
  return printDocument(document);
}
