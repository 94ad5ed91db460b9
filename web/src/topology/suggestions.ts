import type { Layout, Reading } from "../../../src/api/index.ts";
import { addressText, freePrefix, type Prefix, prefixesIn, prefixText } from "./addresses.ts";
import { type LabDocument, printDocument, setAt } from "./document.ts";
import { setOfLink } from "./edits.ts";
import type { FileGraph } from "./file-graph.ts";
import type { Pairing } from "./pairing.ts";
import { namePorts } from "./ports.ts";

type ReadLab = NonNullable<Reading["lab"]>;
type End = { readonly node: string; readonly interface: string };

const usualLength = 24;

/** The first of 10.0.1.0/24, 10.0.2.0/24, … that the file does not speak of. */
export const freeSubnet = (text: string): string => prefixText(freePrefix(usualLength, prefixesIn(text)));

const grid = { x: 150, y: 200, columns: 5, step: 90 } as const;

/** Beside and below what is there, up and down in turns: a link to the one after the next passes no node. */
export function freePlace(places: Layout): Layout[string] {
  const all = Object.values(places);
  if (all.length === 0) return { x: 0, y: 0 };
  const left = Math.min(...all.map(({ x }) => x));
  const top = Math.min(...all.map(({ y }) => y));
  for (let number = 0; ; number += 1) {
    const column = number % grid.columns;
    const x = left + column * grid.x;
    const y = top + Math.floor(number / grid.columns) * grid.y + (column % 2) * grid.step;
    if (!all.some((one) => Math.abs(one.x - x) < grid.x / 2 && Math.abs(one.y - y) < grid.step)) return { x, y };
  }
}

/** Below all that is there. */
export function placeBelow(places: Layout): Layout[string] {
  const all = Object.values(places);
  if (all.length === 0) return { x: 0, y: 0 };
  return { x: Math.min(...all.map(({ x }) => x)), y: Math.max(...all.map(({ y }) => y)) + grid.step };
}

/** What can exchange frames: the ends of machines, and the links between them. */
type Segment = { readonly ends: readonly End[]; readonly links: readonly ReadLab["links"][number][] };

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
 * Addresses for all that is linked and has none, in networks that the file does not speak of. Where one
 * router is among hosts, it is their gateway.
 *
 * @returns how many networks got some
 */
export function addressAll(document: LabDocument, graph: FileGraph, pairing: Pairing, lab: ReadLab): number {
  const has = new Set(
    lab.nodes.flatMap(({ name, interfaces }) =>
      interfaces.filter(({ addresses }) => addresses.length > 0).map((one) => `${name}\n${one.name}`),
    ),
  );
  const kindOf = new Map(graph.nodes.map(({ name, kind }) => [name, kind]));
  const fileLink = new Map([...pairing.of].map(([id, link]) => [link.id, graph.links.find((one) => one.id === id)]));
  let count = 0;
  for (const { ends, links } of segmentsOf(lab)) {
    const isOurs = ends.every(({ node }) => kindOf.has(node));
    if (ends.length < 2 || !isOurs || ends.some((end) => has.has(`${end.node}\n${end.interface}`))) continue;
    const prefix = freePrefix(lengthFor(ends.length), prefixesIn(printDocument(document)));
    count += 1;
    const inFile = links.map(({ id }) => fileLink.get(id));
    const only = inFile[0];
    const gateway = gatewayAmong(ends, (name) => kindOf.get(name));
    const networks = new Set(inFile.map((link) => (link !== undefined && "network" in link.at ? link.at.network : "")));
    const [network = ""] = networks;
    if (only !== undefined && ((inFile.length === 1 && "link" in only.at) || (networks.size === 1 && network !== ""))) {
      setOfLink(document, only, ["subnet"], prefixText(prefix));
      if (gateway !== undefined) setOfLink(document, only, ["gateway"], gateway);
    } else addressEach(document, graph, pairing, ends, prefix);
  }
  return count;
}

/** Kinds that pass packets on. */
const routing: ReadonlySet<string> = new Set(["router", "firewall", "nat", "uplink"]);

/** The one that routes among hosts. An appliance minds its own routes. */
function gatewayAmong(ends: readonly End[], kindOf: (name: string) => string | undefined): string | undefined {
  const routers = ends.filter(({ node }) => routing.has(kindOf(node) ?? ""));
  const hasHosts = ends.some((end) => !routers.includes(end) && kindOf(end.node) !== "appliance");
  return hasHosts && routers.length === 1 ? routers[0]?.node : undefined;
}

const lengthFor = (hosts: number): number => Math.min(usualLength, 32 - Math.ceil(Math.log2(hosts + 2)));

function addressEach(
  document: LabDocument,
  graph: FileGraph,
  pairing: Pairing,
  ends: readonly End[],
  prefix: Prefix,
): void {
  const inFile = new Map(graph.nodes.map(({ name }, index) => [name, index]));
  const nodeOf = (name: string) => graph.nodes.find((node) => node.name === name);
  const kindOf = (name: string) => nodeOf(name)?.kind;
  const routes = ({ node }: End) => routing.has(kindOf(node) ?? "");
  // Routers first: they have the lowest addresses, as people give them.
  const ordered = ends.toSorted((one, other) => (inFile.get(one.node) ?? 0) - (inFile.get(other.node) ?? 0));
  const sorted = [...ordered.filter(routes), ...ordered.filter((end) => !routes(end))];
  const gateway = gatewayAmong(ends, kindOf) === undefined ? undefined : addressText(prefix.network + 1);
  for (const [index, end] of sorted.entries()) {
    const node = nodeOf(end.node);
    if (node === undefined) continue;
    const path = ["interfaces", end.interface];
    namePorts(document, node, graph, pairing, path);
    const address = `${addressText(prefix.network + index + 1)}/${prefix.length}`;
    const whole = ["nodes", node.name, ...path];
    const settings = (node.settings["interfaces"] as Record<string, unknown> | undefined)?.[end.interface];
    const isLong = typeof settings === "object" && settings !== null && !Array.isArray(settings);
    const asked = gateway === undefined || routes(end) || node.kind === "appliance" ? {} : { gateway };
    if (isLong || "gateway" in asked)
      setAt(document, whole, { ...(isLong ? settings : {}), addresses: address, ...asked });
    else setAt(document, whole, address);
  }
}
