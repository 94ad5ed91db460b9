import { expect, test } from "vitest";
import { defineLab, LabFileError, renderError } from "../../src/topology/index.ts";
import { resolveDefinition } from "../../src/topology/load.ts";
import { load, memory } from "./lab-text.ts";

const options = { file: "/labs/demo/lab.ts", shownAs: "lab.ts", reader: memory() };

test("a module says the same as a file", () => {
  const definition = defineLab({
    name: "demo",
    variables: { n: 2 },
    nodes: { h1: { interfaces: { eth0: ["10.0.0.1/24"] } }, r1: { kind: "router" }, h2: null },
    links: [["h1", "r1"], { endpoints: ["h2", "r1"], subnet: "10.1.0.0/24", gateway: "r1" }],
    processes: { p: { node: "h1", command: ["echo", "${n}"] } },
  });
  const text = `
name: demo
variables: { n: 2 }
nodes: { h1: { interfaces: { eth0: 10.0.0.1/24 } }, r1: { kind: router }, h2: }
links: [[h1, r1], { endpoints: [h2, r1], subnet: 10.1.0.0/24, gateway: r1 }]
processes: { p: { node: h1, command: [echo, "\${n}"] } }
`;
  expect(resolveDefinition(definition, options).lab).toEqual(load(text));
});

test("mistakes are told by path", () => {
  const wrong = { nodes: { h1: { interfaces: { eth0: "10.0.0.1" } } }, links: [["h1", "h2"]], mod: "keep" } as never;
  let rendered: readonly string[] = [];
  try {
    resolveDefinition(wrong, options);
  } catch (error) {
    if (!(error instanceof LabFileError)) throw error;
    rendered = error.errors.map((one) => renderError(one));
  }
  expect(rendered).toEqual([
    'lab.ts: mod  The lab file has no "mod".\nDid you mean "mode"?',
    'lab.ts: nodes.h1.interfaces.eth0  "10.0.0.1" is no address: it has no prefix length.\nWrite it like 10.0.0.1/24.',
    'lab.ts: links[0][1]  There is no node "h2".\nDid you mean "h1"? A new one goes under nodes: (a line "h2:" is enough).',
  ]);
});

test("hostile values", () => {
  const circular: Record<string, unknown> = {};
  circular["nodes"] = circular;
  const hostile: unknown[] = [
    circular,
    { nodes: 5n },
    { nodes: { h1: () => ({}) } },
    { nodes: new Map() },
    JSON.parse('{"nodes": {"__proto__": {"kind": "router"}}}'),
  ];
  for (const value of hostile) {
    try {
      resolveDefinition(value as never, options);
    } catch (error) {
      expect(error).toBeInstanceOf(LabFileError);
      continue;
    }
    // An instance without properties of its own is an empty map.
    expect(value).toEqual({ nodes: new Map() });
  }
});

test.each([undefined, null, 5, "text", [], () => ({})])("%s is no lab", (value) => {
  expect(() => resolveDefinition(value as never, options)).toThrow(LabFileError);
});
