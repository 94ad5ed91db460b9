import type { Findings } from "../findings.ts";
import type { Cable } from "./cables.ts";
import { type InterfaceDraft, isLo, type LinkDraft, linkName, type NodeDraft } from "./draft.ts";
import type { End } from "./endpoint.ts";
import { bareInterface } from "./interfaces.ts";

/**
 * Plugs cables in: every end gets its interface. The ends that name one come first, so that no choice
 * takes an interface that is named further down. The others take, cable by cable, the node's first
 * interface that has no cable yet, else a new one: `eth0`, `eth1`, … on machines, `p1`, `p2`, … on
 * switches.
 */
export function plug(cables: readonly Cable[], findings: Findings): ReadonlyMap<Cable, LinkDraft> {
  const named = new Map<End, InterfaceDraft>();
  const owners = new Map<InterfaceDraft, Cable>();
  const doubles: { readonly end: End; readonly owner: Cable; readonly interface: InterfaceDraft }[] = [];
  for (const cable of cables) {
    for (const end of [cable.a, cable.b]) {
      if (end.interface === undefined) continue;
      const one = end.node.interfaces.get(end.interface) ?? bareInterface(end.node, end.interface, end.path);
      const owner = owners.get(one);
      if (owner === undefined) {
        owners.set(one, cable);
        named.set(end, one);
      } else doubles.push({ end, owner, interface: one });
    }
  }

  const free = new FreeInterfaces((one) => owners.has(one));
  const links = new Map<Cable, LinkDraft>();
  const broken = new Set(doubles.map(({ end }) => end));
  for (const cable of cables) {
    if (broken.has(cable.a) || broken.has(cable.b)) continue;
    const choose = (end: End): InterfaceDraft => {
      const one = named.get(end) ?? free.take(end);
      owners.set(one, cable);
      return one;
    };
    const link: LinkDraft = {
      a: choose(cable.a),
      b: choose(cable.b),
      mtu: cable.mtu,
      conditions: cable.conditions,
      impairments: {},
      path: cable.path,
    };
    link.a.link = link;
    link.b.link = link;
    links.set(cable, link);
  }

  for (const { end, owner, interface: one } of doubles) {
    const link = links.get(owner);
    const by = link === undefined ? `${one.node.name}:${one.name} — …` : linkName(link);
    const suggestion = `${end.node.name}:${free.nameFor(end.node)}`;
    findings.error("LINK_ENDPOINT_TAKEN", { endpoint: `${one.node.name}:${one.name}`, by, suggestion }, end.path);
  }
  return links;
}

/** The interfaces of each node that no cable uses. */
class FreeInterfaces {
  readonly #isUsed: (one: InterfaceDraft) => boolean;
  /** Interfaces that the lab file defines, in its order. */
  readonly #defined = new Map<NodeDraft, Iterator<InterfaceDraft>>();

  constructor(isUsed: (one: InterfaceDraft) => boolean) {
    this.#isUsed = isUsed;
  }

  take({ node, path }: End): InterfaceDraft {
    let defined = this.#defined.get(node);
    if (defined === undefined) {
      defined = [...node.interfaces.values()].values();
      this.#defined.set(node, defined);
    }
    for (let next = defined.next(); !next.done; next = defined.next()) {
      if (!isLo(next.value) && !this.#isUsed(next.value)) return next.value;
    }
    return bareInterface(node, this.nameFor(node), path);
  }

  nameFor(node: NodeDraft): string {
    const naming = node.kind === "host" || node.kind === "router" ? node.role?.kind.interfaces : undefined;
    const stem = node.kind === "switch" ? "p" : (naming?.prefix ?? "eth");
    while (node.interfaces.has(`${stem}${node.nextPort}`)) node.nextPort++;
    return `${stem}${node.nextPort}`;
  }
}
