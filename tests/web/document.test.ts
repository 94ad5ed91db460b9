import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lineOf, printDocument, readDocument, setAt } from "../../web/src/topology/document.ts";
import { addLink, addNode, remove, renameNode, setEnds, setOfLink } from "../../web/src/topology/edits.ts";
import { endOf, type FileLink, freeName, graphIn } from "../../web/src/topology/file-graph.ts";

/** The lab file as the editor changes it: comments, order and the way things are written stay. */

const examples = join(import.meta.dirname, "../../examples");
const text = `# The shop.
name: shop # short

nodes:
  h1: # the till
  s1: { kind: switch }

links:
  - [h1, s1] # under the floor
  - h1 -- s1:p7
networks:
  rack: { members: [h1, "s1:up"] }
`;

const edited = (from: string, edit: (document: ReturnType<typeof readDocument>) => void): string => {
  const document = readDocument(from);
  edit(document);
  const printed = printDocument(document);
  // What is printed reads as what is there, and prints the same.
  expect(printDocument(readDocument(printed))).toBe(printed);
  return printed;
};
const link = (document: ReturnType<typeof readDocument>, index: number): FileLink => {
  const found = graphIn(document)?.links[index];
  if (found === undefined) throw new Error(`no link ${index}`);
  return found;
};

describe("the document of a lab file", () => {
  it.each(readdirSync(examples))("prints the example %s as it is written", (name) => {
    const written = readFileSync(join(examples, name, "lab.yaml"), "utf8");
    const printed = printDocument(readDocument(written));
    expect(readDocument(printed).toJS()).toEqual(readDocument(written).toJS());
    // Lines of a folded text (>) are one line to those who read it, and are printed as one.
    const folded = /: >-?\n/.test(written);
    expect(printed === written).toBe(!folded);
  });

  it("shows nodes, links in all forms, and networks", () => {
    const graph = graphIn(readDocument(text));
    expect(graph?.nodes.map(({ name, kind, isNetwork }) => `${name} ${kind} ${isNetwork}`)).toEqual([
      "h1 host false",
      "s1 switch false",
      "rack switch true",
    ]);
    expect(graph?.links.map(({ a, b }) => [a.node, a.interface, b.node, b.interface])).toEqual([
      ["h1", undefined, "s1", undefined],
      ["h1", undefined, "s1", "p7"],
      ["h1", undefined, "rack", undefined],
      ["s1", "up", "rack", undefined],
    ]);
    expect(graphIn(readDocument("nodes: ["))).toBeUndefined();
    expect(graphIn(readDocument(""))).toEqual({ nodes: [], links: [] });
  });

  it("begins with nothing", () => {
    const drawn = edited("name: x\n\nnodes: {}\n", (document) => {
      addNode(document, "h1", "host");
      addNode(document, "r1", "router");
      addLink(document, endOf("h1"), endOf("r1:eth1"));
    });
    expect(drawn).toBe("name: x\n\nnodes:\n  h1:\n  r1:\n    kind: router\n\nlinks:\n  - [h1, r1:eth1]\n");
    expect(edited("", (document) => addNode(document, "h1", "host"))).toBe("nodes:\n  h1:\n");
  });

  it("keeps comments", () => {
    const changed = edited(text, (document) => {
      addNode(document, "h2", "host");
      setAt(document, ["nodes", "h1", "interfaces", "eth0"], ["10.0.0.1/24", "fd00::1/64"]);
    });
    for (const comment of ["# The shop.", "# short", "# the till", "# under the floor"])
      expect(changed).toContain(comment);
    expect(changed).toContain("eth0: [10.0.0.1/24, fd00::1/64]");
  });

  it("writes a node below the others, above the empty line and the comment of what follows", () => {
    const now = edited("nodes:\n  h1:\n  h2: # two\n\n# all\nlinks:\n  - [h1, h2]\n", (document) =>
      addNode(document, "h3", "host"),
    );
    expect(now).toBe("nodes:\n  h1:\n  h2: # two\n  h3:\n\n# all\nlinks:\n  - [h1, h2]\n");
  });

  it("writes a link long when it has a setting, and short again without", () => {
    const long = edited(text, (document) => {
      setOfLink(document, link(document, 0), ["impairment", "delay"], "20ms");
      setOfLink(document, link(document, 1), ["subnet"], "10.0.1.0/24");
      setOfLink(document, link(document, 2), ["subnet"], "10.0.2.0/24");
    });
    expect(long).toContain("- endpoints: [h1, s1]\n    impairment:\n      delay: 20ms");
    expect(long).toContain("- endpoints: [h1, s1:p7]\n    subnet: 10.0.1.0/24");
    expect(long).toContain("subnet: 10.0.2.0/24");
    const short = edited(long, (document) => {
      setOfLink(document, link(document, 0), ["impairment", "delay"], undefined);
    });
    expect(short).toContain("- [h1, s1]");
  });

  it("gives links other ends, in the form they have", () => {
    const changed = edited(text, (document) => {
      for (const index of [0, 1]) setEnds(document, link(document, index), endOf("h1:eth9"), endOf("s1"));
      setEnds(document, link(document, 3), endOf("s1:down"), endOf("rack"));
    });
    expect(changed).toContain("- [h1:eth9, s1] # under the floor");
    expect(changed).toContain("- h1:eth9 -- s1\n");
    expect(changed).toContain('members: [h1, "s1:down"]');
  });

  it("renames a node wherever links name it", () => {
    const changed = edited(text, (document) => renameNode(document, "h1", "till"));
    expect(changed).toBe(text.replaceAll(/\bh1\b/g, "till"));
  });

  it("removes nodes with their links", () => {
    const changed = edited(text, (document) => remove(document, ["h1"], []));
    expect(graphIn(readDocument(changed))).toMatchObject({
      nodes: [{ name: "s1" }, { name: "rack" }],
      links: [{ a: { node: "s1", interface: "up" } }],
    });
    const less = edited(text, (document) => remove(document, [], ["link 0"]));
    expect(less).not.toContain("under the floor");
    expect(less).toContain("h1 -- s1:p7");
  });

  it("knows free names, and lines", () => {
    const document = readDocument(text);
    expect(freeName(graphIn(document) ?? { nodes: [], links: [] }, "h")).toBe("h2");
    expect(lineOf(document, text, ["nodes", "s1"])).toBe(6);
    expect(lineOf(document, text, ["links", 1])).toBe(10);
    expect(lineOf(document, text, ["nodes", "none"])).toBeUndefined();
  });
});
