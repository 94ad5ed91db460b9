import { formatAddress } from "../address.ts";
import type { Findings } from "../findings.ts";
import type { Cable } from "../resolve/cables.ts";
import type { MtuGroup, NodeDraft } from "../resolve/draft.ts";
import { bareInterface } from "../resolve/interfaces.ts";
import type { NodeDefinition, NodeMaker } from "../resolve/nodes.ts";
import { subnetPrefix } from "../resolve/settings.ts";
import { fillPlaceholders, hasPlaceholders, type Placeholders } from "../source/placeholders.ts";
import type { Path } from "../source/source.ts";
import { Pool } from "./pool.ts";
import { type GeneratorDefinition, type Place, type Plan, planOf, type Role } from "./shapes.ts";

/** Above this, a generator asks first. */
export const consentLimit = 20_000;
const maximumNodes = 200_000;
const maximumLinks = 1_000_000;

/** What one generator made: nodes, and cables that are not plugged in yet. */
export type Generated = {
  readonly definition: GeneratorDefinition;
  readonly path: Path;
  readonly plan: Plan;
  readonly byRole: ReadonlyMap<Role, readonly NodeDraft[]>;
  readonly cables: readonly Cable[];
  /** Of each router, where routing is BGP. */
  readonly asns: ReadonlyMap<NodeDraft, number>;
};

/** Whether the generators make no more than was agreed to; reports it when they do. */
export function isSizeAgreed(
  definitions: readonly (GeneratorDefinition | undefined)[],
  allowLarge: boolean,
  findings: Findings,
): boolean {
  let nodes = 0;
  let links = 0;
  for (const definition of definitions) {
    if (definition === undefined) continue;
    const plan = planOf(definition);
    for (const { count } of plan.roles) nodes += count;
    links += plan.linkCount;
  }
  if (nodes > maximumNodes || links > maximumLinks) {
    findings.error("GENERATE_TOO_LARGE", { nodes, links, maximumNodes, maximumLinks }, ["generate"], "key");
    return false;
  }
  if ((nodes > consentLimit || links > 5 * consentLimit) && !allowLarge) {
    findings.error("GENERATE_NEEDS_CONSENT", { nodes, links, limit: consentLimit }, ["generate"], "key");
    return false;
  }
  return true;
}

/** Makes the nodes of one generator and the cables between them. */
export function generate(definition: GeneratorDefinition, path: Path, maker: NodeMaker, findings: Findings): Generated {
  const plan = planOf(definition);
  const pools = loopbackPools(definition, path, findings);
  const numbering = new AsnNumbering(definition, plan, path, findings);
  const byRole = new Map<Role, readonly NodeDraft[]>();
  const asns = new Map<NodeDraft, number>();
  for (const { role, count, kind } of plan.roles) {
    const given = (definition.template as Partial<Record<Role, NodeDefinition>> | undefined)?.[role];
    // One object for all nodes of the role, by which they are known to share their settings.
    const roleDefinition: NonNullable<NodeDefinition> = given ?? { kind };
    const templatePath = given === undefined ? path : [...path, "template", role];
    const template = maker.template(roleDefinition, templatePath);
    const names = namePattern(definition, plan, role, template.kind, path, count, findings);
    const nodes: NodeDraft[] = [];
    byRole.set(role, nodes);
    if (names === undefined) continue;
    for (let index = 0; index < count; index++) {
      const values: Placeholders = { name: "", index: String(index + 1), role };
      const name = names(values, index);
      const more: Record<string, string> = { ...values, name };
      const loopbacks = template.kind === "router" ? pools.map((pool) => pool.takeAddress()) : [];
      for (const address of loopbacks) {
        if (address !== undefined) more[address.family === 4 ? "loopback" : "loopback6"] = formatAddress(address);
      }
      const asn = template.kind === "router" ? numbering.next(role) : undefined;
      if (asn !== undefined) more["asn"] = String(asn);
      if (!maker.claim(name, "a generated node", path, renaming(role))) break;
      const node = maker.fromTemplate(name, template, roleDefinition, more as Placeholders);
      for (const address of loopbacks) {
        if (address === undefined) continue;
        const lo = node.interfaces.get("lo") ?? bareInterface(node, "lo", path);
        lo.addresses.push({ cidr: { ...address, length: address.family === 4 ? 32 : 128 }, path });
      }
      if (asn !== undefined) asns.set(node, asn);
      nodes.push(node);
    }
  }
  return { definition, path, plan, byRole, asns, cables: cablesOf(definition, plan, byRole, path) };
}

function cablesOf(
  definition: GeneratorDefinition,
  plan: Plan,
  byRole: ReadonlyMap<Role, readonly NodeDraft[]>,
  path: Path,
): readonly Cable[] {
  const mtu: MtuGroup = { given: definition.mtu, path: [...path, "mtu"], resolved: 0 };
  const nodeAt = ({ role, index }: Place) => byRole.get(role)?.[index];
  const cables: Cable[] = [];
  for (const [a, b] of plan.links()) {
    const [nodeA, nodeB] = [nodeAt(a), nodeAt(b)];
    // Missing where a name was wrong, which has been reported.
    if (nodeA === undefined || nodeB === undefined) continue;
    cables.push({
      a: { node: nodeA, interface: undefined, path },
      b: { node: nodeB, interface: undefined, path },
      mtu,
      path,
    });
  }
  return cables;
}

function loopbackPools(definition: GeneratorDefinition, path: Path, findings: Findings): readonly Pool[] {
  return poolsOf(definition.addressing?.loopbacks, [...path, "addressing", "loopbacks"], findings);
}

/** The pools of one purpose, one or several prefixes. */
export function poolsOf(
  given: string | readonly string[] | undefined,
  path: Path,
  findings: Findings,
): readonly Pool[] {
  const texts = typeof given === "string" ? [given] : (given ?? []);
  return texts.flatMap((text, index) => {
    const at = typeof given === "string" ? path : [...path, index];
    const cidr = subnetPrefix(text, at, findings);
    return cidr === undefined ? [] : [new Pool(cidr, at, findings)];
  });
}

const renaming = (role: Role): string =>
  `Rename the other, or give the generator names of its own: names: {${role}: "x\${node.index}"}.`;

/** Makes names from the pattern of a role; undefined after reporting a pattern that makes one name. */
function namePattern(
  definition: GeneratorDefinition,
  plan: Plan,
  role: Role,
  kind: NodeDraft["kind"],
  path: Path,
  count: number,
  findings: Findings,
): ((values: Placeholders, index: number) => string) | undefined {
  const given = (definition.names as Partial<Record<Role, string>> | undefined)?.[role];
  if (given === undefined) {
    const stem = defaultStem(plan, role, kind);
    return (_values, index) => (role === "center" ? stem : `${stem}${index + 1}`);
  }
  const at = [...path, "names", role];
  if (count > 1 && !given.includes("${node.index}")) {
    findings.error("GENERATE_NAMES", { pattern: given, count }, at);
    return undefined;
  }
  if (!hasPlaceholders(given)) return () => given;
  // A name cannot stand in itself.
  return ({ name: _name, ...values }) => fillPlaceholders(given, values as unknown as Placeholders, at, findings);
}

const letters = { host: "h", router: "r", switch: "s", appliance: "a" } as const;

function defaultStem(plan: Plan, role: Role, kind: NodeDraft["kind"]): string {
  const hasHosts = plan.roles.some((one) => one.role === "host" && one.count > 0);
  switch (role) {
    case "host":
      return "h";
    case "node":
      return kind === "host" && hasHosts ? "n" : letters[kind];
    case "leaf":
      return kind === "host" ? "h" : "leaf";
    case "center":
    case "branch":
    case "spine":
      return role;
  }
}

/** RFC 6996: 64512–65534 and 4200000000–4294967294 are for private use. */
const shortPrivate = { first: 65_000, last: 65_534 };
const longPrivate = 4_200_000_000;
const lastAsn = 4_294_967_294;

/** One number for all spines, so that no path goes up and down twice (RFC 7938, section 5.2.1), and one for every other router. */
class AsnNumbering {
  readonly #isWanted: boolean;
  readonly #first: number;
  #next: number;

  constructor({ routing }: GeneratorDefinition, plan: Plan, path: Path, findings: Findings) {
    this.#isWanted = routing === "bgp" || (typeof routing === "object" && "bgp" in routing);
    const count = plan.roles.reduce((sum, { role, count }) => sum + (role === "spine" ? 1 : count), 0);
    const given = typeof routing === "object" ? routing.bgp.asn : undefined;
    this.#first = given ?? (shortPrivate.first + count - 1 <= shortPrivate.last ? shortPrivate.first : longPrivate);
    this.#next = this.#first + (plan.roles.some(({ role }) => role === "spine") ? 1 : 0);
    if (this.#isWanted && this.#first + count - 1 > lastAsn) {
      findings.error("ROUTING_ASN_RANGE", { first: this.#first, count }, [...path, "routing"]);
    }
  }

  next(role: Role): number | undefined {
    if (!this.#isWanted) return undefined;
    return role === "spine" ? this.#first : this.#next++;
  }
}
