import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Detail } from "../../src/topology/graph/detail.ts";
import type { Drawing, Point } from "../../src/topology/graph/drawing.ts";
import { drawDot, drawJson, drawMermaid, drawSvg, drawTerminal, graphFormats } from "../../src/topology/graph/index.ts";
import { layout } from "../../src/topology/graph/layout.ts";
import { endpointText, type Lab, type LabNode, type Link, linkId } from "../../src/topology/model.ts";
import { parseDot } from "./dot-grammar.ts";
import { elementsOf, parseXml, textOf } from "./xml-grammar.ts";

type Kind = Exclude<LabNode["kind"], "appliance">;

const node = (kind: Kind, name: string): LabNode =>
  kind === "switch"
    ? { kind, name, interfaces: [], stp: false, ageingSeconds: 300, forward: [] }
    : {
        kind,
        name,
        engine: "namespace",
        root: "isolated",
        hostname: name,
        interfaces: [],
        routes: [],
        sysctls: {},
        environment: {},
        startup: [],
        files: [],
        mounts: [],
      };

/** A lab of nodes (`kind name`) and links (`a-b` by index), with interfaces and addresses made up as they are needed. */
function labOf(nodes: readonly (readonly [Kind, string])[], pairs: readonly (readonly [number, number])[]): Lab {
  const made = nodes.map(([kind, name]) => ({ ...node(kind, name), interfaces: [...node(kind, name).interfaces] }));
  const links = pairs.map(([a, b], index): Link => {
    const end = (which: number, host: number) => {
      const at = made[which] as (typeof made)[number];
      const name = at.kind === "switch" ? `port${index}` : `eth${at.interfaces.length}`;
      const mac = `02:00:00:00:00:0${host}`;
      if (at.kind !== "switch") at.interfaces.push({ name, mac, addresses: [`10.0.${index}.${host}/24`], mtu: 1500 });
      return { node: at.name, interface: name };
    };
    const ends = { a: end(a, 1), b: end(b, 2) };
    return { id: linkId(ends.a, ends.b), ...ends, mtu: 1500 };
  });
  return { name: "test", mode: "keep", nodes: made, links, processes: [] };
}

const triangle = labOf(
  [
    ["host", "h1"],
    ["router", "r1"],
    ["router", "r2"],
    ["router", "r3"],
    ["host", "h2"],
  ],
  [
    [0, 1],
    [1, 2],
    [2, 3],
    [1, 3],
    [3, 4],
  ],
);
const office = labOf(
  [
    ["router", "gate"],
    ["switch", "sw"],
    ["host", "pc1"],
    ["host", "pc2"],
    ["host", "alone"],
  ],
  [
    [0, 1],
    [2, 1],
    [3, 1],
  ],
);

const EXTENSIONS = { text: "txt", mermaid: "mmd", dot: "dot", svg: "svg", json: "json.txt" } as const;

describe.each([
  ["triangle", triangle],
  ["office", office],
] as const)("the %s", (name, lab) => {
  test.each(Object.entries(graphFormats))(
    "as %s is what a person has looked at and found good",
    async (format, draw) => {
      const extension = EXTENSIONS[format as keyof typeof EXTENSIONS];
      await expect(draw(lab, {})).toMatchFileSnapshot(`golden/${name}.${extension}`);
    },
  );
});

describe("in the terminal", () => {
  test("less is told where there is less room, and a list is the last resort", () => {
    const width = Math.max(
      ...drawTerminal(triangle)
        .split("\n")
        .map((line) => line.length),
    );
    expect(drawTerminal(triangle, { columns: width })).toContain("10.0.1.1/24");
    expect(drawTerminal(triangle, { columns: width - 1 })).not.toContain("10.0.1.1/24");
    expect(drawTerminal(triangle, { columns: 50 })).toContain("eth1");
    expect(drawTerminal(triangle, { columns: 25 })).toBe(`\
    ╭─────╮
    │ r2  │
    ╰─┬─┬─╯
   ┌──┘ └──┐
╭──┴─╮   ╭─┴──╮
│ r1 ├───┤ r3 │
╰┬───╯   ╰┬───╯
 └─ h1    └─ h2
`);
    expect(drawTerminal(office, { columns: 8 })).toBe(`\
gate router
└─ eth0 ── sw:port0
sw switch
├─ port0 ── gate:eth0
├─ port1 ── pc1:eth0
└─ port2 ── pc2:eth0
pc1
└─ eth0 ── sw:port1
pc2
└─ eth0 ── sw:port2
alone
`);
  });

  test("many leaves hang in columns, as far as there is room", () => {
    const star = labOf(
      [["switch", "hub"], ...Array.from({ length: 30 }, (_, index) => ["host", `h${index}`] as const)],
      Array.from({ length: 30 }, (_, index) => [0, index + 1] as const),
    );
    expect(drawTerminal(star).split("\n").length).toBeLessThan(22);
    expect(drawTerminal(star, { columns: 30 }).split("\n").length).toBeGreaterThan(30);
  });

  test("nothing for a lab of nothing", () => {
    expect(drawTerminal(labOf([], []))).toBe("");
  });
});

const arbitraryGraph = fc
  .record({
    kinds: fc.array(fc.constantFrom("host" as const, "router" as const, "switch" as const), {
      minLength: 1,
      maxLength: 14,
    }),
    pairs: fc.array(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 20 }),
  })
  .map(({ kinds, pairs }) =>
    labOf(
      kinds.map((kind, index) => [kind, `${kind}${index}`] as const),
      pairs.filter(([a, b]) => a !== b && a < kinds.length && b < kinds.length),
    ),
  );

type Span = { readonly cells: readonly string[]; readonly horizontal: boolean };

/** The cells each piece of a wire runs through, ends included. */
function spansOf(points: readonly Point[]): readonly Span[] {
  return points.flatMap((to, index) => {
    const from = points[index - 1];
    if (from === undefined || (from.row === to.row && from.column === to.column)) return [];
    const horizontal = from.row === to.row;
    if (!horizontal && from.column !== to.column) throw new Error("a wire that is not straight");
    const [first, last] = horizontal ? [from.column, to.column] : [from.row, to.row];
    const length = Math.abs(last - first) + 1;
    const cells = Array.from({ length }, (_, step) =>
      horizontal ? `${Math.min(first, last) + step} ${to.row}` : `${to.column} ${Math.min(first, last) + step}`,
    );
    return [{ cells, horizontal }];
  });
}

/** Throws where two things are in one place; wires may cross, not run over each other. */
function expectClear(drawing: Drawing, columns: number): void {
  const check = (condition: boolean, problem: string) => {
    if (!condition) throw new Error(problem);
  };
  check(drawing.width <= columns, `${drawing.width} columns`);
  const inside = (column: number, row: number, what: string) =>
    check(column < drawing.width && row < drawing.height, `${what} reaches out of the drawing`);
  const filled = new Map<string, string>();
  for (const { node, column, row, width, height } of drawing.boxes) {
    inside(column + width - 1, row + height - 1, node.name);
    for (let cell = 0; cell < width * height; cell++) {
      const place = `${column + (cell % width)} ${row + Math.floor(cell / width)}`;
      check(!filled.has(place), `${node.name} covers ${filled.get(place)}`);
      filled.set(place, node.name);
    }
  }

  const hanging = new Set(drawing.leaves.map((leaf) => leaf.node.name));
  const taken = { horizontal: new Map<string, string>(), vertical: new Map<string, string>() };
  for (const { link, points } of drawing.wires) {
    // Leaves share the trunk they hang on.
    if (hanging.has(link.a.node) || hanging.has(link.b.node)) continue;
    for (const { cells, horizontal } of spansOf(points)) {
      const others = horizontal ? taken.horizontal : taken.vertical;
      for (const cell of cells) {
        const other = others.get(cell);
        check(other === undefined || other === link.id, `${link.id} runs over ${other}`);
        others.set(cell, link.id);
        const box = filled.get(cell);
        check(box === undefined || box === link.a.node || box === link.b.node, `${link.id} runs through ${box}`);
      }
    }
    for (const end of [points[0], points.at(-1)]) {
      check(filled.has(`${end?.column} ${end?.row}`), `${link.id} ends in the open`);
    }
  }

  const written = new Set<string>();
  for (const { text, column, row } of [...drawing.labels, ...drawing.leaves]) {
    inside(column + text.length - 1, row, text);
    for (let offset = 0; offset < text.length; offset++) {
      const cell = `${column + offset} ${row}`;
      check(!filled.has(cell) && !written.has(cell) && !taken.vertical.has(cell), `${text} is written over something`);
      written.add(cell);
    }
  }
}

describe("the layout of any lab", () => {
  test.each<Detail>(["names", "interfaces", "addresses"])("has no two things in one place, told by %s", (detail) => {
    fc.assert(
      fc.property(arbitraryGraph, (lab) => {
        for (const columns of [60, 120, 1000]) {
          const drawing = layout(lab, [detail], columns);
          if (drawing === undefined) continue;
          expectClear(drawing, columns);
          expect([...drawing.boxes, ...drawing.leaves].map((one) => one.node.name)).toEqual(
            expect.arrayContaining(lab.nodes.map((one) => one.name)),
          );
          expect(drawing.wires.map(({ link }) => link.id).toSorted()).toEqual(lab.links.map(({ id }) => id).toSorted());
        }
      }),
      { numRuns: 300 },
    );
  });

  test("depends on nothing but the lab", () => {
    fc.assert(
      fc.property(arbitraryGraph, (lab) => {
        for (const draw of Object.values(graphFormats)) expect(draw(structuredClone(lab), {})).toBe(draw(lab, {}));
      }),
      { numRuns: 30 },
    );
  });
});

const HOSTILE = [
  'quote"end',
  "</text><script>alert(1)</script>",
  "&amp;&lt;&#x3c;",
  "back\\slash\\N\\",
  "a]b)c}d|e",
  "end",
  "graph",
  "new\nline\rand\ttab",
  "esc\u001b[31mred\u0000",
  "rtl\u202eoverride",
  "\ud800lone",
  "ünïcode→😀",
  "`code` **bold** #35; %%{init}%%",
  "]]>--><!--",
];

describe("hostile names", () => {
  const named = labOf(
    HOSTILE.map((name, index) => [(["host", "router", "switch"] as const)[index % 3] as Kind, name] as const),
    HOSTILE.map((_, index) => [index, (index + 1) % HOSTILE.length] as const),
  );
  const lab: Lab = {
    ...named,
    name: HOSTILE.join(" "),
    links: named.links.map((link, index): Link => {
      const a = { ...link.a, interface: HOSTILE[index] as string };
      return { ...link, a, id: linkId(a, link.b) };
    }),
  };
  const holdable = (text: string) =>
    text.replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");

  test("stay text in SVG", () => {
    const root = parseXml(drawSvg(lab));
    const elements = elementsOf(root);
    expect(new Set(elements.map((element) => element.name))).toEqual(
      new Set(["svg", "title", "style", "rect", "g", "path", "text"]),
    );
    const titles = elements.filter((element) => element.name === "title").map(textOf);
    for (const { a, b, mtu } of lab.links) {
      expect(titles).toContain(holdable(`${endpointText(a)} — ${endpointText(b)}, MTU ${mtu}`));
    }
  });

  test("stay labels in DOT", () => {
    const graph = parseDot(drawDot(lab));
    const visible = (text: string) => text.replace(/(?!\n)\p{Cc}/gu, "\ufffd");
    expect([...graph.nodes.values()].map(({ label }) => label)).toEqual(lab.nodes.map(({ name }) => visible(name)));
    expect(graph.edges.map(({ attributes }) => attributes["taillabel"]?.split("\n10.")[0])).toEqual(
      lab.links.map(({ a }) => visible(a.interface)),
    );
  });

  test("stay inside the quotes of Mermaid", () => {
    const label = /"(?:[\p{L}\p{N}\p{Zs} .,:;/@+=_—-]|#\d+;|<br\/>)*"/u.source;
    const line = new RegExp(
      `^  n\\d+(?:\\[${label}\\]|\\(${label}\\)|\\[\\[${label}\\]\\]| ---\\|${label}\\| n\\d+)$`,
      "u",
    );
    const [first, ...lines] = drawMermaid(lab).trimEnd().split("\n");
    expect(first).toBe("flowchart TB");
    expect(lines).toHaveLength(lab.nodes.length + lab.links.length);
    for (const text of lines) expect(text).toMatch(line);
  });

  test("are printable in the terminal", () => {
    expect(drawTerminal(lab, { columns: 400 })).toMatch(/^[\n\u0020-\u007e\u2500-\u257f]+$/);
    expect(drawTerminal(lab, { columns: 5 })).toMatch(/^[\n\u0020-\u007e\u2500-\u257f]+$/);
  });

  test("come back from JSON", () => {
    const back = JSON.parse(drawJson(lab)) as { nodes: { name: string }[] };
    expect(back.nodes.map(({ name }) => name)).toEqual(HOSTILE);
  });
});

describe("1,000 nodes", () => {
  const spines = Array.from({ length: 8 }, (_, index) => ["router", `spine${index}`] as const);
  const leaves = Array.from({ length: 32 }, (_, index) => ["router", `leaf${index}`] as const);
  const hosts = Array.from({ length: 960 }, (_, index) => ["host", `h${index}`] as const);
  const clos = labOf(
    [...spines, ...leaves, ...hosts],
    [
      ...leaves.flatMap((_, leaf) => spines.map((_, spine) => [spine, 8 + leaf] as const)),
      ...hosts.map((_, host) => [40 + host, 8 + (host % 32)] as const),
    ],
  );
  const star = labOf(
    [["switch", "hub"], ...Array.from({ length: 999 }, (_, index) => ["host", `h${index}`] as const)],
    Array.from({ length: 999 }, (_, index) => [0, index + 1] as const),
  );
  const ring = labOf(
    Array.from({ length: 1000 }, (_, index) => ["router", `r${index}`] as const),
    Array.from({ length: 1000 }, (_, index) => [index, (index + 1) % 1000] as const),
  );

  test.each([
    ["leaf-spine", clos],
    ["star", star],
    ["ring", ring],
  ] as const)("in a %s are drawn in less than a second, in every form", (_, lab) => {
    for (const [format, draw] of Object.entries(graphFormats)) {
      const before = process.threadCpuUsage();
      draw(lab, { columns: 200 });
      expect(process.threadCpuUsage(before).user / 1000, format).toBeLessThan(1000);
    }
  });
});
