import fc from "fast-check";
import { expect, test } from "vitest";
import { loadLab } from "../../src/topology/load.ts";
import type { Lab } from "../../src/topology/model.ts";
import { emptyState, labOf } from "../../src/topology/plan/kernel-state.ts";
import { plan } from "../../src/topology/plan/plan.ts";
import { simulate } from "../../src/topology/plan/simulate.ts";
import { printLab } from "../../src/topology/print.ts";
import { arbitraryLab } from "./arbitrary/lab.ts";

/** A machine with every folder and no files. */
const reader = {
  readText: () => "",
  readBytes: () => new Uint8Array(),
  stat: () => "directory" as const,
};
const load = (text: string): Lab => loadLab(text, { file: "/labs/lab.yaml", reader }).lab;

test("a printed lab loads as the same lab", () => {
  fc.assert(
    fc.property(arbitraryLab({ nested: false }), (lab) => {
      expect(load(printLab(lab))).toEqual(lab);
    }),
    { numRuns: 500 },
  );
});

test("what a person wrote in short comes out in full", () => {
  const lab = load(`
name: demo
variables: { image: web }
nodes:
  h1: { interfaces: { eth0: { addresses: 10.0.0.2/24, gateway: 10.0.0.1 } } }
  r1: { kind: router, frr: { config: "router ospf\\n" } }
links:
  - { endpoints: [h1:eth0, r1], subnet: 10.0.0.0/24 }
processes:
  web: { node: h1, command: [echo, "\${image}", "$\${literal}"], ready: { tcp: 80 } }
`);
  expect(printLab(lab)).toMatchInlineSnapshot(`
    "name: demo
    mode: keep
    nodes:
      h1:
        kind: host
        engine: namespace
        root: isolated
        hostname: h1
        interfaces:
          eth0: {addresses: [10.0.0.2/24], mac: 02:07:ac:20:82:d1, mtu: 1500}
        routes:
          - {to: 0.0.0.0/0, via: 10.0.0.1, interface: eth0}
      r1:
        kind: router
        engine: namespace
        root: isolated
        hostname: r1
        interfaces:
          eth0: {addresses: [10.0.0.1/24], mac: 02:aa:51:9a:92:66, mtu: 1500}
        frr:
          config: |
            router ospf
    links:
      - {endpoints: [h1:eth0, r1:eth0], mtu: 1500}
    processes:
      web:
        node: h1
        command: [echo, web, "$\${literal}"]
        ready: {tcp: 80, interval: 200ms, timeout: 30s}
        restart: "no"
        stop-signal: SIGTERM
        grace: 10s
    "
  `);
});

test.each([
  ["leaf-spine: {spines: 2, leaves: 3, hosts-per-leaf: 2}", "bgp"],
  ["ring: {count: 5, hosts-per-node: 1}", "ospf"],
])("a generated lab (%s, %s) is planned, and printed it loads as the same lab", (shape, routing) => {
  const lab = load(`
name: made
generate:
  - ${shape}
    addressing: { loopbacks: [192.0.2.0/24, 2001:db8:1::/64], links: 10.0.0.0/16, hosts: 10.1.0.0/16 }
    routing: ${routing}
`);
  expect(lab.nodes.some((node) => node.kind === "router" && node.frr !== undefined)).toBe(true);
  expect(load(printLab(lab))).toEqual(lab);
  const state = plan(lab, undefined).reduce(simulate, emptyState(lab));
  expect(labOf(state)).toEqual({ ...lab, nodes: expect.arrayContaining([...lab.nodes]) });
});

test("texts that YAML or variables could take for something else stay what they are", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        "$",
        "{",
        "}",
        "node.name",
        ":",
        "#",
        "\n",
        "\r",
        "\t",
        " ",
        "\\",
        '"',
        "'",
        "|",
        ">",
        "%",
        "@",
        "\u2028",
        "\u0085",
        "\u00a0",
        "\ufeff",
      ),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 20,
  });
  const known = [
    "true",
    "null",
    "~",
    "1e3",
    "0x10",
    "07",
    "12:30:45",
    "2001-01-01",
    "<<",
    "=",
    "- a",
    "? a",
    "---",
    "...",
    "&a",
    "*a",
    "!t",
    "",
    " \n",
    "a\n \nb",
  ];
  fc.assert(
    fc.property(fc.oneof(text, fc.constantFrom(...known)), (value) => {
      fc.pre(!value.includes("\0") && value.isWellFormed());
      const base = load("name: x\nnodes: {h: {}}\nprocesses: {p: {node: h, command: [a]}}");
      const [node] = base.nodes;
      const [process] = base.processes;
      if (node?.kind !== "host" || process === undefined) throw new Error("no such lab");
      const contentBase64 = Buffer.from(value).toString("base64");
      const lab: Lab = {
        ...base,
        nodes: [
          {
            ...node,
            environment: { A: value },
            startup: [{ argv: ["x", value] }, { shell: `:${value}` }],
            files: [{ path: "/a", contentBase64, mode: 0o600 }],
          },
        ],
        processes: [{ ...process, command: { argv: [value] }, environment: { B: value } }],
      };
      expect(load(printLab(lab))).toEqual(lab);
    }),
    { numRuns: 1000 },
  );
});

test("4,000 nodes are printed in a few seconds", () => {
  const nodes = Array.from(
    { length: 4000 },
    (_, index) => `  h${index}: { interfaces: { eth0: 10.1.${index >> 8}.${index & 255}/12 } }`,
  );
  const lab = load(`name: x\nnodes:\n${nodes.join("\n")}\n`);
  const before = process.threadCpuUsage();
  printLab(lab);
  expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(5000);
});
