import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Interface,
  isMachine,
  type Lab,
  type LabNode,
  type Link,
  type Process,
  type Route,
} from "../../src/topology/model.ts";
import { describeStep } from "../../src/topology/plan/describe.ts";
import { undoOf } from "../../src/topology/plan/invert.ts";
import { emptyState, type KernelState, labOf } from "../../src/topology/plan/kernel-state.ts";
import { phases } from "../../src/topology/plan/phases.ts";
import { plan } from "../../src/topology/plan/plan.ts";
import { simulate } from "../../src/topology/plan/simulate.ts";
import { KernelRefusal } from "../../src/topology/plan/simulation/before.ts";
import type { Step } from "../../src/topology/steps.ts";
import { arbitraryLab } from "./arbitrary/lab.ts";
import { relatedLabs } from "./arbitrary/related.ts";

const apply = (state: KernelState, steps: readonly Step[]): KernelState => steps.reduce(simulate, state);
const up = (lab: Lab): KernelState => apply(emptyState(lab), plan(lab, undefined));

/** A lab with what has no order sorted. */
function canonical(lab: Lab) {
  const by = <T>(items: readonly T[], key: (item: T) => string) =>
    items.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  const node = (one: LabNode) => ({
    ...one,
    interfaces: by(one.interfaces, (i) => i.name),
    ...(isMachine(one) ? { routes: by(one.routes, (r) => JSON.stringify(r)) } : {}),
  });
  return {
    ...lab,
    nodes: by(lab.nodes.map(node), (n) => n.name),
    links: by(lab.links, (l) => l.id),
    processes: by(lab.processes, (p) => p.name),
    ...(lab.captures === undefined ? {} : { captures: by(lab.captures, (c) => c.file) }),
  };
}

/** A state as data to compare: with the interface each route was given, and what runs. */
const snapshot = (state: KernelState) => ({
  lab: canonical(labOf(state)),
  names: state.names,
  started: [...state.nodes.values()]
    .filter((node) => node.started)
    .map((node) => node.settings.name)
    .toSorted(),
  routing: Object.fromEntries(
    [...state.nodes.values()].map(({ settings, routing }) => [settings.name, routing?.config]),
  ),
  devices: [...state.nodes.values()]
    .flatMap((node) =>
      node.routes.map(({ route, device }) => `${node.settings.name} ${JSON.stringify(route)} ${device}`),
    )
    .toSorted(),
});

const pairs = fc.oneof(relatedLabs(), fc.tuple(arbitraryLab(), arbitraryLab()));
const runs = { numRuns: 1000 };

describe("plan on a simulated kernel", () => {
  test("up makes the lab", () => {
    fc.assert(
      fc.property(arbitraryLab(), (lab) => {
        expect(canonical(labOf(up(lab)))).toEqual(canonical(lab));
      }),
      runs,
    );
  });

  test("down leaves nothing", () => {
    fc.assert(
      fc.property(arbitraryLab(), (lab) => {
        expect(apply(up(lab), plan(undefined, lab))).toEqual(emptyState(lab));
      }),
      runs,
    );
  });

  test("apply makes of one lab what up makes of the other", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        expect(snapshot(apply(up(before), plan(after, before)))).toEqual(snapshot(up(after)));
      }),
      runs,
    );
  });

  test("equal labs need no steps, whatever the order of their parts", () => {
    fc.assert(
      fc.property(arbitraryLab(), (lab) => {
        const copy: Lab = structuredClone(lab);
        expect(plan(copy, lab)).toEqual([]);
        const reordered = { ...copy, links: copy.links.toReversed(), processes: copy.processes.toReversed() };
        expect(plan(reordered, lab)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("undoing any beginning of a plan from its end restores the former state", () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 0, max: 1, noNaN: true }), ([before, after], part) => {
        const steps = plan(after, before);
        const done = steps.slice(0, Math.round(part * steps.length));
        const state = up(before);
        const undone = apply(apply(state, done), done.toReversed().map(undoOf));
        expect(snapshot(undone)).toEqual(snapshot(state));
      }),
      runs,
    );
  });

  test("what does not differ is in no step", () => {
    fc.assert(
      fc.property(relatedLabs(), ([before, after]) => {
        const unchanged = <T>(ours: readonly T[], theirs: readonly T[], key: (item: T) => string) => {
          const others = new Map(theirs.map((item) => [key(item), JSON.stringify(item)]));
          return new Set(ours.filter((item) => others.get(key(item)) === JSON.stringify(item)).map(key));
        };
        const nodes = unchanged(before.nodes, after.nodes, (node) => node.name);
        // A switch that gets another driver is another one, whose links are connected anew.
        const madeOf = (node: LabNode) => `${node.kind} ${node.kind === "switch" && node.ovs !== undefined}`;
        const kinds = new Map(before.nodes.map((node) => [node.name, madeOf(node)]));
        const sameKind = new Set(
          after.nodes.filter((node) => kinds.get(node.name) === madeOf(node)).map((node) => node.name),
        );
        const plugged = (lab: Lab) =>
          lab.links.map((link) => {
            const ports = [link.a, link.b].map((end) =>
              lab.nodes
                .find((node) => node.kind === "switch" && node.name === end.node)
                ?.interfaces.find((one) => one.name === end.interface),
            );
            return { ...link, ports };
          });
        const links = unchanged(
          plugged(before).filter(({ a, b }) => sameKind.has(a.node) && sameKind.has(b.node)),
          plugged(after),
          (link) => link.id,
        );
        const processes = unchanged(
          before.processes.filter((process) => nodes.has(process.node)),
          after.processes,
          (process) => process.name,
        );
        for (const step of plan(after, before)) {
          expect(touched(step, nodes, links, processes), JSON.stringify(step)).toBe(false);
        }
      }),
      runs,
    );
  });

  test("a node's steps are together and phases keep every step in its place", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const steps = plan(after, before);
        const groups = phases(steps);
        expect(groups.flatMap((phase) => phase.items.flatMap((item) => item.steps))).toEqual(steps);
        for (const phase of groups) {
          const subjects = phase.items.map((item) => item.subject);
          expect(subjects).toHaveLength(new Set(subjects).size);
        }
        const titles = groups.map((phase) => phase.title.replace(/\d+ (\w+?)(e?s)?$/, "$1"));
        expect(titles).toHaveLength(new Set(titles).size);
      }),
      runs,
    );
  });
});

describe("routes and the interfaces they leave by", () => {
  const eth = (name: string, ...addresses: string[]): Interface => ({
    name,
    mac: "02:00:00:00:00:01",
    addresses,
    mtu: 1500,
  });
  const lab = (interfaces: readonly Interface[], routes: readonly Route[]): Lab => ({
    name: "lab",
    mode: "keep",
    links: [],
    processes: [],
    nodes: [
      {
        kind: "host",
        name: "a",
        engine: "namespace",
        root: "isolated",
        hostname: "a",
        interfaces,
        routes,
        sysctls: {},
        environment: {},
        startup: [],
        files: [],
        mounts: [],
      },
    ],
  });
  const texts = (after: Lab, before: Lab) => plan(after, before).map(describeStep);
  const route: Route = { to: "0.0.0.0/0", via: "10.0.0.254" };

  test("a route is left alone while an address that reaches its gateway stays", () => {
    const before = lab([eth("eth0", "10.0.0.1/24", "10.9.0.1/24")], [route]);
    const after = lab([eth("eth0", "10.0.0.1/24", "10.8.0.1/24")], [route]);
    expect(texts(after, before)).toEqual([
      "interface.configure a:eth0 (-10.9.0.1/24, +10.8.0.1/24)",
      "names.set (1 entry added, 1 entry removed)",
    ]);
  });

  test("a route whose gateway is reached by an address that goes is put back", () => {
    const before = lab([eth("eth0", "10.0.0.1/24")], [route]);
    const after = lab([eth("eth0", "10.0.0.2/24")], [route]);
    expect(texts(after, before)).toEqual([
      "routes.remove a 0.0.0.0/0 via 10.0.0.254",
      "interface.configure a:eth0 (-10.0.0.1/24, +10.0.0.2/24)",
      "routes.add a 0.0.0.0/0 via 10.0.0.254",
      "names.set (1 entry added, 1 entry removed)",
    ]);
  });

  test("a route moves to a new interface that reaches its gateway with a longer prefix", () => {
    const before = lab([eth("eth0", "10.0.0.1/16")], [route]);
    const after = lab([eth("eth0", "10.0.0.1/16"), eth("eth1", "10.0.0.2/24")], [route]);
    expect(texts(after, before)).toEqual([
      "routes.remove a 0.0.0.0/0 via 10.0.0.254",
      "interface.create a:eth1 10.0.0.2/24",
      "routes.add a 0.0.0.0/0 via 10.0.0.254",
      "names.set (1 entry added)",
    ]);
    expect(snapshot(apply(up(before), plan(after, before))).devices).toEqual([`a ${JSON.stringify(route)} eth1`]);
  });

  test("a route through an interface that gains its first address comes back when that is undone", () => {
    const direct: Route = { to: "10.5.0.0/16", interface: "eth0" };
    const before = lab([eth("eth0")], [direct]);
    const after = lab([eth("eth0", "10.0.0.1/24")], [direct]);
    const steps = plan(after, before);
    const undone = apply(apply(up(before), steps), steps.toReversed().map(undoOf));
    expect(snapshot(undone)).toEqual(snapshot(up(before)));
  });

  test("only the route that differs changes", () => {
    const other: Route = { to: "198.51.100.0/24", via: "10.0.0.9" };
    const before = lab([eth("eth0", "10.0.0.1/24")], [route, other]);
    const after = lab([eth("eth0", "10.0.0.1/24")], [route, { ...other, metric: 5 }]);
    expect(texts(after, before)).toEqual([
      "routes.remove a 198.51.100.0/24 via 10.0.0.9",
      "routes.add a 198.51.100.0/24 via 10.0.0.9 metric 5",
    ]);
  });
});

describe("the simulated kernel", () => {
  const lab = fc.sample(
    arbitraryLab().filter((one) => one.links.length > 0 && one.processes.length > 0),
    { numRuns: 1, seed: 1 },
  )[0] as Lab;
  const state = up(lab);
  const refusal = (from: KernelState, step: Step) => {
    try {
      simulate(from, step);
    } catch (error) {
      if (error instanceof KernelRefusal) return error.errno;
      throw error;
    }
    return "done";
  };
  const link = lab.links[0] as Link;
  const linked = lab.nodes.find((node) => node.name === link.a.node) as LabNode;

  test.each<[string, Step, string]>([
    ["creates nothing twice", { do: "node.create", node: linked }, "EEXIST"],
    [
      "needs a node for an interface",
      { do: "interface.create", node: "nowhere", interface: { name: "eth0", mac: "", addresses: [], mtu: 1500 } },
      "ENOENT",
    ],
    ["keeps linked nodes", { do: "node.remove", node: { ...linked, interfaces: [] } }, "EBUSY"],
    ["links a jack once", { do: "link.connect", link: { ...link, id: "another" }, ports: [] }, "EBUSY"],
    [
      "disconnects only links that are there",
      { do: "link.disconnect", link: { ...link, mtu: 1 }, ports: [] },
      "ENOENT",
    ],
    ["starts a process once", { do: "process.start", process: lab.processes[0] as Process }, "EEXIST"],
    [
      "sets names from the names that are",
      { do: "names.set", from: [{ address: "::1", names: ["x"] }], to: [] },
      "EINVAL",
    ],
  ])("%s", (_, step, errno) => {
    expect(refusal(state, step)).toBe(errno);
  });

  test("drops the routes of an interface with it, and those whose gateway goes", () => {
    const one: Interface = { name: "eth0", mac: "02:00:00:00:00:01", addresses: ["10.0.0.1/24"], mtu: 1500 };
    const routes: Route[] = [{ to: "0.0.0.0/0", via: "10.0.0.254" }];
    const node: LabNode = {
      kind: "host",
      name: "a",
      engine: "namespace",
      root: "host",
      hostname: "a",
      interfaces: [],
      routes: [],
      sysctls: {},
      environment: {},
      startup: [],
      files: [],
      mounts: [],
    };
    const made = apply(emptyState({ name: "x", mode: "keep" }), [
      { do: "node.create", node },
      { do: "interface.create", node: "a", interface: one },
      { do: "routes.add", node: "a", routes },
    ]);
    expect(made.nodes.get("a")?.routes).toHaveLength(1);
    const gone = simulate(made, { do: "interface.remove", node: "a", interface: one });
    expect(gone.nodes.get("a")?.routes).toEqual([]);
    const moved = simulate(made, {
      do: "interface.configure",
      node: "a",
      from: one,
      to: { ...one, addresses: ["10.1.0.1/24"] },
    });
    expect(moved.nodes.get("a")?.routes).toEqual([]);
    expect(refusal(moved, { do: "routes.remove", node: "a", routes })).toBe("ESRCH");
    expect(refusal(moved, { do: "routes.add", node: "a", routes })).toBe("ENETUNREACH");
  });
});

test("4,000 nodes are planned in under 100 ms", () => {
  const nodes = (third: number): LabNode[] =>
    Array.from({ length: 4000 }, (_, index) => ({
      kind: "host",
      name: `h${index}`,
      engine: "namespace",
      root: "isolated",
      hostname: `h${index}`,
      interfaces: [
        {
          name: "eth0",
          mac: "02:00:00:00:00:01",
          addresses: [`10.${third}.${index >> 8}.${index & 255}/16`, `2001:db8:${third}::${index.toString(16)}/64`],
          mtu: 1500,
        },
      ],
      routes: [{ to: "0.0.0.0/0", via: `10.${third}.255.254` }],
      sysctls: {},
      environment: {},
      startup: [],
      files: [],
      mounts: [],
    }));
  const large = (third: number): Lab => ({ name: "lab", mode: "keep", nodes: nodes(third), links: [], processes: [] });
  const before = large(1);
  const after = large(2);
  const cases: [string, Lab | undefined, Lab | undefined][] = [
    ["up", after, undefined],
    ["down", undefined, after],
    ["nothing to do", after, structuredClone(after)],
    ["everything changed", after, before],
  ];
  for (const [name, desired, actual] of cases) {
    // Time of this thread's own, the best of several: the machine is shared with the other tests.
    const times = Array.from({ length: 7 }, () => {
      const before = process.threadCpuUsage();
      plan(desired, actual);
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1000;
    });
    expect(Math.min(...times), name).toBeLessThan(100);
  }
});

function touched(step: Step, nodes: ReadonlySet<string>, links: ReadonlySet<string>, processes: ReadonlySet<string>) {
  switch (step.do) {
    case "node.create":
    case "node.remove":
    case "node.start":
    case "node.stop":
      return nodes.has(step.node.name);
    case "node.configure":
    case "routing.load":
      return nodes.has(step.to.name);
    case "interface.create":
    case "interface.remove":
    case "interface.configure":
    case "routes.add":
    case "routes.remove":
    case "reach.set":
      return nodes.has(step.node);
    case "link.connect":
    case "link.disconnect":
      return links.has(step.link.id);
    case "link.impair":
      return links.has(step.link);
    case "process.start":
    case "process.stop":
      return processes.has(step.process.name);
    case "capture.start":
    case "capture.stop":
    case "names.set":
    case "limits.set":
    case "mode.set":
      return false;
    default:
      return step satisfies never;
  }
}
