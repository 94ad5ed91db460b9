import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetwrightError } from "../../src/topology/errors/error.ts";
import { type Endpoint, endpointText, isMachine, type Lab, type NodeName } from "../../src/topology/model.ts";
import { type Cuts, cutsOf, transition } from "../../src/topology/partition/cuts.ts";
import { makePartition } from "../../src/topology/partition/make.ts";
import { healed, type Partition } from "../../src/topology/partition/partition.ts";
import { load } from "./lab-text.ts";

/** Every `from>to` of machines where a frame arrives, followed link by link from each port. */
function talk(lab: Lab, cuts: Cuts): ReadonlySet<string> {
  const pairs = new Set<string>();
  const machines = new Set(lab.nodes.filter(isMachine).map(({ name }) => name));
  for (const sender of machines) {
    for (const { from, to } of arrivals(lab, sender, machines)) {
      if (!isCut(lab, cuts, from, to)) pairs.add(`${from.node}>${to.node}`);
    }
  }
  return pairs;
}

/** The ports of machines that frames out of each port of `sender` would come to with nothing cut. */
function arrivals(lab: Lab, sender: NodeName, machines: ReadonlySet<NodeName>) {
  const found: { readonly from: Endpoint; readonly to: Endpoint }[] = [];
  for (const link of lab.links) {
    for (const [from, first] of [[link.a, link.b] as const, [link.b, link.a] as const]) {
      if (from.node !== sender) continue;
      const waiting = [{ at: first, by: link.id }];
      const seen = new Set([link.id]);
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const { at } = next;
        if (machines.has(at.node)) {
          found.push({ from, to: at });
          continue;
        }
        for (const { id, a, b } of lab.links) {
          if (seen.has(id) || (a.node !== at.node && b.node !== at.node)) continue;
          seen.add(id);
          waiting.push({ at: a.node === at.node ? b : a, by: id });
        }
      }
    }
  }
  return found;
}

function isCut(lab: Lab, cuts: Cuts, from: Endpoint, to: Endpoint): boolean {
  const [source, target] = [endpointText(from), endpointText(to)];
  const byLink = cuts.links.some(({ link, directions }) => {
    const { a, b } = lab.links.find(({ id }) => id === link) as Lab["links"][number];
    const way = `${source}>${target}`;
    return directions.some((direction) =>
      direction === "ab"
        ? way === `${endpointText(a)}>${endpointText(b)}`
        : way === `${endpointText(b)}>${endpointText(a)}`,
    );
  });
  const bySegment = cuts.segments.some(({ classes, blocked }) => {
    const classOf = (text: string) =>
      classes.findIndex((ports) => ports.some(({ endpoint }) => endpointText(endpoint) === text));
    return blocked.some(
      (one) => one.from === classOf(source) && one.to === classOf(target) && one.from >= 0 && one.to >= 0,
    );
  });
  return byLink || bySegment;
}

/** What a partition means, from its words. */
function allowed(partition: Partition, from: NodeName, to: NodeName): boolean {
  if (from === to) return true;
  switch (partition.kind) {
    case "healed":
      return true;
    case "groups":
      return partition.groups.some((group) => group.includes(from) && group.includes(to));
    case "one-way":
      return !(partition.to.includes(from) && partition.from.includes(to));
    default:
      return partition satisfies never;
  }
}

const cluster = (count: number): Lab => {
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  return load(
    `name: x\nnodes: {${names.map((name) => `${name}: `).join(", ")}}\nnetworks: {lan: [${names.join(", ")}]}`,
  );
};

const codeOf = (lab: Lab, line: string): string => {
  try {
    makePartition(lab, line.split(" "));
  } catch (error) {
    if (error instanceof NetwrightError) return error.code;
    throw error;
  }
  return "none";
};

const heard = (lab: Lab, line: string): readonly string[] =>
  [...talk(lab, cutsOf(lab, makePartition(lab, line.split(" "))))].sort();

describe("verbs", () => {
  const lab = cluster(3);
  test.each([
    ["isolate n1", ["n2>n3", "n3>n2"]],
    ["isolate n1 n2", []],
    ["split n1 n2 -- n2 n3", ["n1>n2", "n2>n1", "n2>n3", "n3>n2"]],
    ["split n1 n3", ["n1>n3", "n3>n1"]],
    ["disjoint n1 -- n2 n3", ["n2>n3", "n3>n2"]],
    ["halves", ["n1>n2", "n2>n1"]],
    ["one-way n1 -> n2", ["n1>n2", "n1>n3", "n2>n3", "n3>n1", "n3>n2"]],
    ["one-way n1 n3 -> n2", ["n1>n2", "n1>n3", "n3>n1", "n3>n2"]],
    ["heal", ["n1>n2", "n1>n3", "n2>n1", "n2>n3", "n3>n1", "n3>n2"]],
  ])("%s", (line, pairs) => {
    expect(heard(lab, line)).toEqual(pairs);
  });

  test.each([4, 5, 6, 7, 8, 9, 12])("majority-ring of %i: each hears a majority, no two the same", (count) => {
    const lab = cluster(count);
    const pairs = heard(lab, "majority-ring");
    const views = lab.nodes
      .filter(isMachine)
      .map(({ name }) =>
        [name, ...pairs.filter((pair) => pair.endsWith(`>${name}`)).map((pair) => pair.split(">")[0] as string)].sort(),
      );
    for (const view of views) {
      expect(view.length).toBeGreaterThan(count / 2);
      expect(view.length).toBeLessThan(count);
    }
    expect(new Set(views.map(String)).size).toBe(count);
  });

  test("a bridge on a link, a router in two groups, hosts behind a router that is alone", () => {
    const lab = load("nodes: {h1: , r: {kind: router}, h2: }\nlinks: [[h1, r], [r, h2]]");
    expect(heard(lab, "split h1 r -- r h2")).toEqual(["h1>r", "h2>r", "r>h1", "r>h2"]);
    expect(heard(lab, "split h1 r -- h2")).toEqual(["h1>r", "r>h1"]);
    expect(heard(lab, "split h1 -- h2")).toEqual([]);
    expect(cutsOf(lab, makePartition(lab, ["one-way", "r", "->", "h1"]))).toEqual({
      links: [{ link: "h1:eth0 — r:eth0", directions: ["ab"] }],
      segments: [],
    });
  });

  test("a machine that is alone hears itself through a switch", () => {
    const lab = load("nodes: {h1: , h2: , s: {kind: switch}}\nlinks: [[h1, s], [h1, s], [h2, s]]");
    expect(heard(lab, "isolate h1 h2")).toEqual(["h1>h1"]);
  });
});

describe("what is refused", () => {
  test.each([
    ["shatter n1", "PARTITION_UNKNOWN"],
    ["isolate", "PARTITION_FORM"],
    ["isolate n1 -- n2", "PARTITION_FORM"],
    ["split", "PARTITION_FORM"],
    ["split n1 --", "PARTITION_FORM"],
    ["disjoint n1 n2 n3 n4", "PARTITION_FORM"],
    ["halves n1", "PARTITION_FORM"],
    ["heal n1", "PARTITION_FORM"],
    ["one-way n1 n2", "PARTITION_FORM"],
    ["one-way n1 -> n2 -> n3", "PARTITION_FORM"],
    ["isolate n9", "NODE_NOT_FOUND"],
    ["isolate lan", "PARTITION_OF_SWITCH"],
    ["isolate n1 n1", "PARTITION_NODE_TWICE"],
    ["split n1 n1 -- n2", "PARTITION_NODE_TWICE"],
    ["disjoint n1 n2 -- n2 n3 n4", "PARTITION_NODE_TWICE"],
    ["disjoint n1 n2 -- n3", "PARTITION_INCOMPLETE"],
    ["one-way n1 -> n1", "PARTITION_NODE_TWICE"],
  ])("%s", (line, code) => {
    expect(codeOf(cluster(4), line)).toBe(code);
  });

  test("too few machines, and ends that do not meet", () => {
    expect(codeOf(cluster(3), "majority-ring")).toBe("PARTITION_TOO_FEW");
    expect(codeOf(cluster(1), "halves")).toBe("PARTITION_TOO_FEW");
    const line = load("nodes: {h1: , r: {kind: router}, h2: }\nlinks: [[h1, r], [r, h2]]");
    expect(codeOf(line, "one-way h1 -> h2")).toBe("ONE_WAY_NOT_NEIGHBOURS");
  });
});

const partitionOf = (lab: Lab): fc.Arbitrary<Partition> => {
  const names = lab.nodes.filter(isMachine).map(({ name }) => name);
  return fc.oneof(
    fc.constant(healed),
    fc.array(fc.subarray(names), { maxLength: 4 }).map((groups) => ({ kind: "groups" as const, groups })),
    fc.array(fc.constantFrom(0, 1, 2), { minLength: names.length, maxLength: names.length }).map((sides) => ({
      kind: "one-way" as const,
      from: names.filter((_, index) => sides[index] === 1),
      to: names.filter((_, index) => sides[index] === 2),
    })),
  );
};

/** Machines with links to each other and to switches, which may be joined into trees. */
const arbitraryTopology: fc.Arbitrary<Lab> = fc
  .record({
    switches: fc.array(fc.integer({ min: -1, max: 2 }), { maxLength: 3 }),
    machines: fc.integer({ min: 2, max: 6 }),
    links: fc.array(fc.tuple(fc.nat(5), fc.nat(8)), { minLength: 3, maxLength: 12 }),
  })
  .map(({ switches, machines, links }) => {
    const names = Array.from({ length: machines }, (_, index) => `n${index}`);
    const all = [...names, ...switches.map((_, index) => `s${index}`)];
    const trunks = switches.flatMap((to, from) => (to >= 0 && to < from ? [`[s${from}, s${to}]`] : []));
    const cables = links.flatMap(([from, to]) => {
      const [a, b] = [names[from], all[to]];
      return a === undefined || b === undefined || a === b ? [] : [`[${a}, ${b}]`];
    });
    const nodes = all.map((name) => `${name}: ${name.startsWith("s") ? "{kind: switch}" : ""}`);
    return load(`name: x\nnodes: {${nodes.join(", ")}}\nlinks: [${[...trunks, ...cables].join(", ")}]`);
  });

test("in any lab, cuts and transitions do what partitions say, and healing leaves nothing", () => {
  const scenario = arbitraryTopology.chain((lab) => fc.tuple(fc.constant(lab), partitionOf(lab), partitionOf(lab)));
  let separated = 0;
  fc.assert(
    fc.property(scenario, ([lab, from, to]) => {
      const whole = talk(lab, { links: [], segments: [] });
      const expected = (...states: readonly Partition[]) =>
        [...whole].filter((pair) => {
          const [sender = "", receiver = ""] = pair.split(">");
          return states.every((state) => allowed(state, sender, receiver));
        });
      expect([...talk(lab, cutsOf(lab, from))]).toEqual(expected(from));
      const states = transition(lab, from, to);
      // Cut before healed: who talks in between talks in both. From or to a whole lab there is no in between.
      const isOneStep = from.kind === "healed" || to.kind === "healed";
      const wanted = isOneStep ? [expected(to)] : [expected(from, to), expected(to)];
      expect(states.map((cuts) => [...talk(lab, cuts)])).toEqual(wanted);
      expect(transition(lab, from, healed)).toEqual([{ links: [], segments: [] }]);
      separated += whole.size - expected(from, to).length;
    }),
    { numRuns: 1000 },
  );
  expect(separated).toBeGreaterThan(300);
});

test("halves of a thousand machines are two classes, not half a million pairs", () => {
  const lab = cluster(1000);
  const cuts = cutsOf(lab, makePartition(lab, ["halves"]));
  expect(cuts.segments[0]?.classes.map((ports) => ports.length)).toEqual([500, 500]);
  expect(cuts.segments[0]?.blocked).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 0 },
  ]);
});
