import { type InterfaceDraft, isMachineDraft, type LinkDraft, type NodeDraft } from "./draft.ts";

/** Interfaces of machines that hear each other's broadcasts: the ends of one link, or of all links of switches that are joined. */
export type Segment = {
  readonly interfaces: InterfaceDraft[];
  /** Whether it goes through a switch. */
  readonly isSwitched: boolean;
};

export type Segments = { readonly all: readonly Segment[]; readonly of: ReadonlyMap<InterfaceDraft, Segment> };

/** The segments that links make, in their order; interfaces without a link are in none. */
export function segmentsOf(links: readonly LinkDraft[]): Segments {
  const switches = new Groups<NodeDraft>();
  for (const { a, b } of links) if (!isMachineDraft(a.node) && !isMachineDraft(b.node)) switches.join(a.node, b.node);
  const bySwitch = new Map<NodeDraft, Segment>();
  const of = new Map<InterfaceDraft, Segment>();
  const segments: Segment[] = [];
  const begin = (isSwitched: boolean): Segment => {
    const segment: Segment = { interfaces: [], isSwitched };
    segments.push(segment);
    return segment;
  };
  for (const { a, b } of links) {
    const via = [a, b].find((end) => !isMachineDraft(end.node))?.node;
    let segment: Segment | undefined;
    if (via === undefined) segment = begin(false);
    else {
      const root = switches.rootOf(via);
      segment = bySwitch.get(root) ?? begin(true);
      bySwitch.set(root, segment);
    }
    for (const end of [a, b]) {
      if (!isMachineDraft(end.node)) continue;
      segment.interfaces.push(end);
      of.set(end, segment);
    }
  }
  return { all: segments, of };
}

/** Disjoint sets, joined pairwise (union–find with path halving). */
export class Groups<Member> {
  readonly #parents = new Map<Member, Member>();

  rootOf(member: Member): Member {
    let current = member;
    for (let parent = this.#parents.get(current); parent !== undefined; parent = this.#parents.get(current)) {
      const grandparent = this.#parents.get(parent);
      if (grandparent !== undefined) this.#parents.set(current, grandparent);
      current = parent;
    }
    return current;
  }

  /** False when they were in one set already. */
  join(a: Member, b: Member): boolean {
    const [rootA, rootB] = [this.rootOf(a), this.rootOf(b)];
    if (rootA === rootB) return false;
    this.#parents.set(rootB, rootA);
    return true;
  }
}
