import type { Findings } from "../findings.ts";
import type { InterfaceDraft, LabDraft, SwitchDraft } from "../resolve/draft.ts";
import { Groups } from "../resolve/groups.ts";

/** BR_MAX_PORTS − 1 (net/bridge/br_private.h): port numbers are ten bits, and 0 is none. */
const maximumPorts = 1023;

export function validateSwitches(draft: LabDraft, findings: Findings): void {
  const ports = new Map<SwitchDraft, number>();
  const joined = new Groups<SwitchDraft>();
  const bonded = new Set<string>();
  for (const { a, b, path } of draft.links) {
    for (const { node } of [a, b]) if (node.kind === "switch") ports.set(node, (ports.get(node) ?? 0) + 1);
    // One switch with STP in a loop is enough to break it.
    if (a.node.kind !== "switch" || b.node.kind !== "switch" || breaksLoops(a.node) || breaksLoops(b.node)) continue;
    const bond = bondOf(a, b);
    if (bond !== undefined && bonded.has(bond)) continue;
    if (bond !== undefined) bonded.add(bond);
    if (!joined.join(a.node, b.node)) {
      findings.error("SWITCH_LOOP", { switches: loopThrough(draft, a.node, b.node) }, path);
      return;
    }
  }
  for (const [node, count] of ports) {
    if (count > maximumPorts && node.settings.ovs === undefined) {
      findings.error(
        "SWITCH_TOO_MANY_PORTS",
        { switch: node.name, ports: count, limit: maximumPorts },
        node.path,
        "key",
      );
    }
  }
}

/** A switch that only does what its flows or its controller say may well keep loops open. */
const breaksLoops = ({ settings: { stp, ovs } }: SwitchDraft): boolean =>
  stp || ovs?.rstp === true || ovs?.failMode === "secure";

/** Of a link whose ends are both in a bond, these two: it is one link with the others between them. */
function bondOf(a: InterfaceDraft, b: InterfaceDraft): string | undefined {
  const [one, other] = [a, b].map(({ node, name }) => {
    const bonds = node.kind === "switch" ? (node.settings.ovs?.bonds ?? []) : [];
    const bond = bonds.find(({ ports }) => ports.includes(name));
    return bond === undefined ? undefined : `${node.name}:${bond.name}`;
  });
  return one === undefined || other === undefined ? undefined : [one, other].sort().join(" ");
}

/** The switches on a shortest way from one switch to another without the link between them: with it, a loop. */
function loopThrough(draft: LabDraft, from: SwitchDraft, to: SwitchDraft): readonly string[] {
  const neighbours = new Map<SwitchDraft, SwitchDraft[]>();
  let direct = 0;
  for (const { a, b } of draft.links) {
    if (a.node.kind !== "switch" || b.node.kind !== "switch" || breaksLoops(a.node) || breaksLoops(b.node)) continue;
    const ends = new Set<SwitchDraft>([a.node, b.node]);
    if (ends.has(from) && ends.has(to)) {
      direct++;
      continue;
    }
    neighbours.set(a.node, [...(neighbours.get(a.node) ?? []), b.node]);
    neighbours.set(b.node, [...(neighbours.get(b.node) ?? []), a.node]);
  }
  if (direct > 1) return fromEarliest([from, to], [...draft.nodes.keys()]);
  const cameFrom = new Map<SwitchDraft, SwitchDraft>([[from, from]]);
  const queue = [from];
  for (const node of queue) {
    for (const next of neighbours.get(node) ?? []) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  const loop = [to];
  for (let node = cameFrom.get(to); node !== undefined && loop.at(-1) !== from; node = cameFrom.get(node))
    loop.push(node);
  return fromEarliest(loop, [...draft.nodes.keys()]);
}

/** The same circle, begun with the member that comes first in the lab, towards the earlier of its neighbours. */
function fromEarliest(circle: readonly SwitchDraft[], order: readonly string[]): readonly string[] {
  const names = circle.map(({ name }) => name);
  const rank = (name: string | undefined) => order.indexOf(name ?? "");
  const start = names.indexOf(names.reduce((first, name) => (rank(name) < rank(first) ? name : first)));
  const turned = [...names.slice(start), ...names.slice(0, start)];
  return rank(turned[1]) < rank(turned.at(-1)) ? turned : [turned[0] as string, ...turned.slice(1).reverse()];
}
