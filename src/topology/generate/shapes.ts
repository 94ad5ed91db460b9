import type { LabDefinition } from "../schema/lab.ts";

/** The shapes that generators make, as numbers of nodes and as pairs of them. */

export type GeneratorDefinition = NonNullable<LabDefinition["generate"]>[number];
export type Role = "node" | "host" | "center" | "leaf" | "branch" | "spine";
type Kind = "host" | "router" | "switch";

/** A node of a shape: the so-many-th of its role, from 0. */
export type Place = { readonly role: Role; readonly index: number };

export type Plan = {
  readonly shape: string;
  /** In the order in which nodes are made. `kind` where the template gives none. */
  readonly roles: readonly { readonly role: Role; readonly count: number; readonly kind: Kind }[];
  readonly linkCount: number;
  /** In the order in which interfaces are numbered. */
  links(): Generator<readonly [a: Place, b: Place]>;
};

/** What a generator would make. Nothing is made yet, so absurd sizes cost nothing. */
export function planOf(definition: GeneratorDefinition): Plan {
  if ("ring" in definition) {
    const { count, "hosts-per-node": hosts = 0 } = definition.ring;
    return withHosts("ring", count, hosts, count, (index) => [index, (index + 1) % count]);
  }
  if ("line" in definition) {
    const { count, "hosts-per-node": hosts = 0 } = definition.line;
    return withHosts("line", count, hosts, count - 1, (index) => [index, index + 1]);
  }
  if ("mesh" in definition) return mesh(definition.mesh);
  if ("star" in definition) return star(definition.star);
  if ("tree" in definition) return tree(definition.tree);
  return leafSpine(definition["leaf-spine"]);
}

const at = (role: Role, index: number): Place => ({ role, index });

function* hostLinks(role: Role, count: number, hosts: number): Generator<readonly [Place, Place]> {
  for (let index = 0; index < count * hosts; index++) yield [at(role, Math.floor(index / hosts)), at("host", index)];
}

const nodesAndHosts = (count: number, hosts: number): Plan["roles"] => [
  { role: "node", count, kind: "router" },
  { role: "host", count: count * hosts, kind: "host" },
];

function withHosts(
  shape: string,
  count: number,
  hosts: number,
  links: number,
  ends: (index: number) => readonly [number, number],
): Plan {
  return {
    shape,
    roles: nodesAndHosts(count, hosts),
    linkCount: links + count * hosts,
    *links() {
      for (let index = 0; index < links; index++) {
        const [a, b] = ends(index);
        yield [at("node", a), at("node", b)];
      }
      yield* hostLinks("node", count, hosts);
    },
  };
}

function mesh({
  count,
  "hosts-per-node": hosts = 0,
}: {
  readonly count: number;
  readonly "hosts-per-node"?: number | undefined;
}): Plan {
  return {
    shape: "mesh",
    roles: nodesAndHosts(count, hosts),
    linkCount: (count * (count - 1)) / 2 + count * hosts,
    *links() {
      for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) yield [at("node", a), at("node", b)];
      yield* hostLinks("node", count, hosts);
    },
  };
}

function star({ leaves }: { readonly leaves: number }): Plan {
  return {
    shape: "star",
    roles: [
      { role: "center", count: 1, kind: "switch" },
      { role: "leaf", count: leaves, kind: "host" },
    ],
    linkCount: leaves,
    *links() {
      for (let index = 0; index < leaves; index++) yield [at("center", 0), at("leaf", index)];
    },
  };
}

function tree({ depth, fanout }: { readonly depth: number; readonly fanout: number }): Plan {
  let branches = 0;
  for (let level = 0; level < depth; level++) branches += fanout ** level;
  const leaves = fanout ** depth;
  // Level by level: the children of node n are n·fanout + 1 … n·fanout + fanout.
  const place = (index: number) => (index < branches ? at("branch", index) : at("leaf", index - branches));
  return {
    shape: "tree",
    roles: [
      { role: "branch", count: branches, kind: "switch" },
      { role: "leaf", count: leaves, kind: "host" },
    ],
    linkCount: branches + leaves - 1,
    *links() {
      for (let child = 1; child < branches + leaves; child++)
        yield [place(Math.floor((child - 1) / fanout)), place(child)];
    },
  };
}

function leafSpine(size: {
  readonly spines: number;
  readonly leaves: number;
  readonly "hosts-per-leaf"?: number | undefined;
}): Plan {
  const { spines, leaves, "hosts-per-leaf": hosts = 0 } = size;
  return {
    shape: "leaf-spine",
    roles: [
      { role: "spine", count: spines, kind: "router" },
      { role: "leaf", count: leaves, kind: "router" },
      { role: "host", count: leaves * hosts, kind: "host" },
    ],
    linkCount: spines * leaves + leaves * hosts,
    *links() {
      for (let leaf = 0; leaf < leaves; leaf++) {
        for (let spine = 0; spine < spines; spine++) yield [at("spine", spine), at("leaf", leaf)];
      }
      yield* hostLinks("leaf", leaves, hosts);
    },
  };
}
