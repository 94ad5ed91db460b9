import { type Cidr, formatAddress, formatCidr, networkOf, overlap, parseAddress, parseCidr } from "../address.ts";
import type { Findings } from "../findings.ts";
import { isMachine, type Lab, type LabNode, type ProgramNode, runsPrograms } from "../model.ts";
import { hostnamePattern, hostnameRule } from "../name-rules.ts";
import { nearest } from "../nearest.ts";
import { isLinkLocalText } from "../plan/names.ts";
import {
  hostName,
  hostSide,
  internetAddresses,
  internetInterface,
  type LabName,
  type NodeReach,
} from "../reach/reach.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Path } from "../source/source.ts";
import type { LabDraft } from "./draft.ts";
import type { ReachSettings } from "./reach-settings.ts";
import { subnetPrefix } from "./settings.ts";

/** The lab with what its file says of the outside, and of names; checked against all the rest of it. */
export function withReach(
  lab: Lab,
  draft: LabDraft,
  definition: LabDefinition,
  isExpected: (name: string) => boolean,
  findings: Findings,
): Lab {
  const settings = new Map<string, ReachSettings>();
  for (const node of draft.nodes.values()) {
    if ("reach" in node.settings) settings.set(node.name, node.settings.reach);
  }
  const all = [...settings.values()];
  const isNeeded = all.some(({ internet, hostPorts }) => internet || hostPorts.length > 0);
  const prefixes = isNeeded ? internetPrefixes(lab, definition, findings) : [];
  const names = labNames(lab, definition, settings, isExpected, findings);
  checkPorts(settings, findings);
  const nodes = lab.nodes.map((node): LabNode => {
    const own = settings.get(node.name);
    return own === undefined || !runsPrograms(node) ? node : withSettings(node, own, prefixes, findings);
  });
  const reaching = { ...lab, nodes };
  const resolvers = prefixes.length === 0 ? undefined : nameservers(reaching, prefixes);
  return {
    ...reaching,
    nodes: nodes.map((node): LabNode => {
      const servers = resolvers?.(node) ?? [];
      return servers.length === 0 || !runsPrograms(node) ? node : { ...node, nameservers: servers };
    }),
    ...(names.length === 0 ? {} : { names }),
    ...(prefixes.length === 0 ? {} : { internetPrefixes: prefixes }),
  };
}

function withSettings(
  node: ProgramNode,
  own: ReachSettings,
  prefixes: readonly string[],
  findings: Findings,
): ProgramNode {
  const { internet, hostPorts } = own;
  const ports = own.ports.map(({ port }) => port);
  const aliases = own.aliases.map(({ name }) => name);
  if (internet && node.interfaces.some(({ name }) => name === internetInterface))
    findings.error("INTERNET_INTERFACE_TAKEN", { node: node.name, interface: internetInterface }, [
      ...own.path,
      "internet",
    ]);
  const reach: NodeReach = {
    prefixes: internet || hostPorts.length > 0 ? prefixes : [],
    internet,
    translate: internet && (node.kind === "router" || node.sysctls["net.ipv4.ip_forward"] === "1"),
    hostPorts,
    ports,
  };
  const reaches = internet || hostPorts.length > 0 || ports.length > 0;
  return { ...node, ...(aliases.length === 0 ? {} : { aliases }), ...(reaches ? { reach } : {}) };
}

/** Prefixes nobody has by chance: of the networks for benchmarks (RFC 2544) and unique local ones (RFC 4193). */
const candidates = {
  4: (index: number) => `198.19.${255 - index}.0/24`,
  6: (index: number) => `fd4e:6574:77:${(255 - index).toString(16)}::/64`,
} as const;

/** Those of the file, or the first that the lab leaves free. */
function internetPrefixes(lab: Lab, definition: LabDefinition, findings: Findings): readonly string[] {
  const taken = prefixesOf(lab);
  const given = definition.internet?.range;
  if (given === undefined) {
    return ([4, 6] as const).map((family) => {
      for (let index = 0; ; index++) {
        const text = candidates[family](index);
        const prefix = parseCidr(text) as Cidr;
        if (index === 255 || !taken.some(({ cidr }) => overlap(cidr, prefix))) return formatCidr(prefix);
      }
    });
  }
  const result = new Map<number, string>();
  for (const [index, text] of (typeof given === "string" ? [given] : given).entries()) {
    const at: Path = typeof given === "string" ? ["internet", "range"] : ["internet", "range", index];
    const prefix = subnetPrefix(text, at, findings);
    if (prefix === undefined) continue;
    const most = prefix.family === 4 ? 29 : 125;
    if (prefix.length > most) findings.error("RANGE_TOO_SMALL", { range: text, most }, at);
    if (result.has(prefix.family)) findings.error("RANGE_TWICE", { family: prefix.family }, at);
    const other = taken.find(({ cidr }) => overlap(cidr, prefix));
    if (other !== undefined)
      findings.error("RANGE_CLASH", { range: text, prefix: formatCidr(other.cidr), owner: other.owner }, at);
    result.set(prefix.family, formatCidr(prefix));
  }
  return [...result.values()].sort((a, b) => Number(a.includes(":")) - Number(b.includes(":")));
}

/** Every prefix that nodes of the lab reach without the outside, with whose it is. */
function prefixesOf(lab: Lab): readonly { readonly cidr: Cidr; readonly owner: string }[] {
  const found = new Map<string, { cidr: Cidr; owner: string }>();
  const add = (text: string, owner: string) => {
    const cidr = parseCidr(text);
    if ("problem" in cidr || cidr.length === 0) return;
    const network = networkOf(cidr);
    found.set(formatCidr(network), { cidr: network, owner });
  };
  for (const node of lab.nodes) {
    for (const { name, addresses } of node.interfaces) {
      for (const address of addresses) add(address, `${node.name}:${name}`);
    }
    if (isMachine(node)) for (const { to } of node.routes) add(to, `a route of ${node.name}`);
  }
  return [...found.values()];
}

/** Two nodes cannot have the same port of this machine; nor can an address and all addresses. */
function checkPorts(settings: ReadonlyMap<string, ReachSettings>, findings: Findings): void {
  const isAll = (address: string) => address === "0.0.0.0" || address === "::";
  const seen: { node: string; address: string; key: string }[] = [];
  for (const [node, { ports }] of settings) {
    for (const { port, path } of ports) {
      if (port.hostPort === 0) continue;
      const key = `${port.protocol} ${port.hostPort} ${port.address.includes(":") ? 6 : 4}`;
      const { address } = port;
      const other = seen.find(
        (one) => one.key === key && (one.address === address || isAll(address) || isAll(one.address)),
      );
      if (other !== undefined) findings.error("PORT_TWICE", { port: hostSide(port), a: other.node, b: node }, path);
      seen.push({ node, address, key });
    }
  }
}

function labNames(
  lab: Lab,
  definition: LabDefinition,
  settings: ReadonlyMap<string, ReachSettings>,
  isExpected: (name: string) => boolean,
  findings: Findings,
): readonly LabName[] {
  const nodes = new Map<string, string>();
  for (const node of lab.nodes) {
    if (!isMachine(node)) continue;
    nodes.set(node.name.toLowerCase(), node.name);
    nodes.set(node.hostname.toLowerCase(), node.name);
  }
  const taken = (name: string, path: Path, target: "key" | "value") => {
    const by =
      name.toLowerCase() === hostName
        ? "this machine's, for nodes that reach its ports"
        : nodes.get(name.toLowerCase());
    if (by === undefined) return;
    findings.error("LAB_NAME_TAKEN", { name, by: nodes.has(name.toLowerCase()) ? `node ${by}'s` : by }, path, target);
  };
  for (const [node, { aliases }] of settings) {
    for (const { name, path } of aliases) {
      if (nodes.get(name.toLowerCase()) !== node) taken(name, path, "value");
    }
  }
  return Object.entries(definition.names ?? {}).flatMap(([name, targets]): LabName[] => {
    const path = ["names", name];
    if (!hostnamePattern.test(name) || /^\d+$/.test(name)) {
      findings.error("NAME_INVALID", { what: "a host", name, rule: `Use ${hostnameRule}` }, path, "key");
      return [];
    }
    taken(name, path, "key");
    const addresses = (typeof targets === "string" ? [targets] : targets).flatMap((text, index) =>
      targetAddresses(text, typeof targets === "string" ? path : [...path, index], lab, isExpected, findings),
    );
    return [{ name, addresses: [...new Set(addresses)] }];
  });
}

/** The addresses of `node`, `node:interface`, or an address. */
function targetAddresses(
  text: string,
  path: Path,
  lab: Lab,
  isExpected: (name: string) => boolean,
  findings: Findings,
): readonly string[] {
  const address = parseAddress(text);
  if (!("problem" in address)) return [formatAddress(address)];
  const [name = "", port] = text.split(":");
  const node = lab.nodes.find((one) => one.name === name);
  if (node === undefined) {
    if (isExpected(name)) return [];
    const known = lab.nodes.filter(isMachine).map((one) => one.name);
    const suggestion = nearest(name, known);
    findings.error(
      "NODE_UNKNOWN",
      { node: name, known, ...(suggestion === undefined ? {} : { nearest: suggestion }) },
      path,
    );
    return [];
  }
  const addresses = node.interfaces
    .filter((one) => port === undefined || one.name === port)
    .flatMap((one) => one.addresses)
    .filter((one) => !isLinkLocalText(one))
    .map((one) => one.slice(0, one.indexOf("/")));
  if (addresses.length === 0) findings.error("NAME_LEADS_NOWHERE", { target: text }, path);
  return addresses;
}

/**
 * Which name servers a node asks: this machine's, where it has a way to the outside of its own, or its
 * default route leads, from router to router, to a node that has one and takes others there.
 */
function nameservers(lab: Lab, prefixes: readonly string[]): (node: LabNode) => readonly string[] {
  const servers = internetAddresses(prefixes).map(({ host }) => host);
  const owners = new Map<string, LabNode>();
  for (const node of lab.nodes) {
    for (const { addresses } of node.interfaces)
      for (const address of addresses) owners.set(address.slice(0, address.indexOf("/")), node);
  }
  const leads = (node: LabNode | undefined, seen: ReadonlySet<LabNode>): boolean => {
    if (node === undefined || !isMachine(node) || seen.has(node)) return false;
    if (runsPrograms(node) && node.reach?.internet) return seen.size === 0 || node.reach.translate;
    return node.routes
      .filter(({ to, via }) => via !== undefined && (to === "0.0.0.0/0" || to === "::/0"))
      .some(({ via = "" }) => leads(owners.get(via), new Set([...seen, node])));
  };
  return (node) => (leads(node, new Set()) ? servers : []);
}
