import { describe, expect, it } from "vitest";
import schema from "../../schema/lab.schema.json" with { type: "json" };
import { readingOf, readLabText } from "../../src/controller/lab-text.ts";
import { printLab } from "../../src/topology/print.ts";
import { freePrefix, prefixesIn, prefixText } from "../../web/src/topology/addresses.ts";
import {
  addGroup,
  addNote,
  annotationsIn,
  placesIn,
  removeGroup,
  removeNote,
  setNote,
  setPlaces,
} from "../../web/src/topology/annotations.ts";
import { align, distribute, samePlaces } from "../../web/src/topology/arrangement.ts";
import { changesBetween } from "../../web/src/topology/changes.ts";
import { differenceOf, hunksOf } from "../../web/src/topology/difference.ts";
import { printDocument, readDocument } from "../../web/src/topology/document.ts";
import { remove, renameNode } from "../../web/src/topology/edits.ts";
import { graphIn } from "../../web/src/topology/file-graph.ts";
import { fragmentOf, isFragment, paste } from "../../web/src/topology/fragment.ts";
import { pairLinks } from "../../web/src/topology/pairing.ts";
import { addressAll, withoutUnfinished } from "../../web/src/topology/suggestions.ts";
import { load } from "../topology/lab-text.ts";

const text = `# The shop.
name: shop

nodes:
  # the till
  h1: { interfaces: { eth0: { addresses: 10.0.1.10/24, gateway: 10.0.1.1, mac: "02:00:00:00:00:01" } } }
  h2:
  r1: { kind: router, interfaces: { lo: 10.255.0.1/32 } }

links:
  - { endpoints: [h1, "r1:eth1"], subnet: 10.0.1.0/24 } # under the floor
  - [h2, "r1:eth2"]

drawing:
  notes:
    - { text: Closed on Mondays, at: [0, 0] }
  groups:
    - { title: Front, nodes: [h1, r1] }
`;
const places = { h1: { x: 0, y: 0 }, h2: { x: 100, y: 0 }, r1: { x: 50, y: 90 } };
const edited = (from: string, edit: (document: ReturnType<typeof readDocument>) => void): string => {
  const document = readDocument(from);
  edit(document);
  const printed = printDocument(document);
  expect(printDocument(readDocument(printed))).toBe(printed);
  return printed;
};

describe("what is copied", () => {
  const part = fragmentOf(readDocument(text), ["h1", "r1"], places);

  it("is a lab file of the nodes, what links them, and where they are", () => {
    const lab = load(part);
    expect(lab.nodes.map(({ name }) => name)).toEqual(["h1", "r1"]);
    expect(lab.links.map(({ id }) => id)).toEqual(["h1:eth0 — r1:eth1"]);
    expect(lab.drawing).toEqual({
      groups: [{ title: "Front", nodes: ["h1", "r1"] }],
      places: { h1: [0, 0], r1: [50, 90] },
    });
    expect(part).toContain("# the till");
    expect(part).not.toContain("The shop");
  });

  it("is pasted under names and into networks that are free, and the lab is one that runs", () => {
    let layout = {};
    const both = edited(text, (document) => {
      const pasted = paste(document, part, { x: 10, y: 20 }, places);
      expect(pasted.names).toEqual(["h3", "r2"]);
      layout = pasted.layout;
    });
    expect(layout).toEqual({ ...places, h3: { x: 10, y: 20 }, r2: { x: 60, y: 110 } });
    const lab = load(both);
    expect(lab.links.map(({ id }) => id)).toContain("h3:eth0 — r2:eth1");
    expect(lab.drawing?.groups).toEqual([
      { title: "Front", nodes: ["h1", "r1"] },
      { title: "Front", nodes: ["h3", "r2"] },
    ]);
    // The host part stays, in another network; the gateway goes with it; and a MAC address is of one only.
    expect(both).toMatch(/h3: .*addresses: 10\.0\.2\.10\/24, gateway: 10\.0\.2\.1 \}/);
    expect(both).toMatch(/r2: .*lo: 10\.255\.0\.2\/32/);
    expect(both.match(/mac:/g)).toHaveLength(1);
    expect(both).toContain("# The shop.");
  });

  it("is pasted as it is where nothing of it is taken, also into an empty file", () => {
    for (const empty of ["", "name: other\n\nnodes: {}\n"]) {
      const pasted = edited(empty, (document) => paste(document, part, { x: 0, y: 0 }, {}));
      expect(pasted).toContain("addresses: 10.0.1.10/24");
      expect(load(pasted).links.map(({ id }) => id)).toEqual(["h1:eth0 — r1:eth1"]);
    }
  });

  it("takes any lab file, and nothing else", () => {
    expect(["", "hello", "- a", "nodes: {", "nodes: {}", "a: 1"].filter(isFragment)).toEqual([]);
    expect(isFragment("nodes: { a: }")).toBe(true);
    expect(isFragment("networks: { lan: { members: [] } }")).toBe(true);
  });
});

describe("notes and groups", () => {
  it("are written into the file and taken out, without a trace", () => {
    const plain = "name: a\n\nnodes:\n  h1:\n";
    let now = edited(plain, (document) => addNote(document, { text: "One\ntwo", x: 1.4, y: -2.6 }));
    expect(now).toContain("    - text: |-\n        One\n        two\n      at: [1, -3]\n");
    now = edited(now, (document) => addGroup(document, { title: "G", nodes: ["h1"] }));
    now = edited(now, (document) => setNote(document, 0, { text: "Three", x: 5, y: 6 }));
    now = edited(now, (document) => setPlaces(document, { h1: { x: 7, y: 8 } }));
    expect(load(now).drawing).toEqual({
      notes: [{ text: "Three", at: [5, 6] }],
      groups: [{ title: "G", nodes: ["h1"] }],
      places: { h1: [7, 8] },
    });
    expect(annotationsIn(readDocument(now)).notes).toEqual([{ text: "Three", x: 5, y: 6 }]);
    now = edited(now, (document) => {
      removeNote(document, 0);
      removeGroup(document, 0);
      expect(placesIn(document)).toEqual({ h1: { x: 7, y: 8 } });
      setPlaces(document, undefined);
    });
    expect(now).toBe(plain);
  });

  it("follow nodes that are renamed and deleted", () => {
    expect(edited(text, (document) => renameNode(document, "r1", "core"))).toContain("nodes: [h1, core]");
    expect(edited(text, (document) => remove(document, ["r1"], []))).toContain("nodes: [h1]");
    const without = edited(text, (document) => remove(document, ["r1", "h1"], []));
    expect(annotationsIn(readDocument(without)).groups).toEqual([]);
  });
});

describe("what is arranged", () => {
  it("stands on one line, or at equal distances", () => {
    expect(align(places, ["h1", "h2", "r1"], "top")).toEqual({
      h1: { x: 0, y: 0 },
      h2: { x: 100, y: 0 },
      r1: { x: 50, y: 0 },
    });
    expect(align(places, ["h1", "r1"], "right")).toEqual({ h1: { x: 50, y: 0 }, r1: { x: 50, y: 90 } });
    expect(align(places, ["h1", "r1"], "middle")).toEqual({ h1: { x: 0, y: 45 }, r1: { x: 50, y: 45 } });
    expect(align(places, ["h1"], "left")).toEqual({});
    const uneven = { a: { x: 0, y: 0 }, b: { x: 10, y: 5 }, c: { x: 100, y: 9 } };
    expect(distribute(uneven, ["c", "b", "a"], "x")).toEqual({ ...uneven, b: { x: 50, y: 5 } });
    expect(distribute(uneven, ["a", "b"], "x")).toEqual({});
    const { a, b, c } = uneven;
    expect([uneven, { c, b, a }].map((one) => samePlaces(uneven, one))).toEqual([true, true]);
    expect(
      [
        { a, b },
        { ...uneven, d: a },
        { ...uneven, c: { x: 100, y: 8 } },
      ].map((one) => samePlaces(uneven, one)),
    ).toEqual([false, false, false]);
  });
});

const own = { name: "lab", variables: {}, trust: "own", rules: undefined as never } as const;

/** A lab file whose links have been given addresses, as the editor does it with what the server reads. */
async function addressed(text: string) {
  const read = async (of: string) => (await readingOf(of, own)).lab;
  const lab = (await read(text)) ?? (await read(withoutUnfinished(text)));
  const document = readDocument(text);
  const graph = graphIn(document);
  if (graph === undefined || lab === undefined) throw new Error(`it cannot be read:\n${text}`);
  const count = addressAll(document, graph, pairLinks(graph, lab), lab);
  return { document, count };
}
const suggested = async (text: string): Promise<string> => printDocument((await addressed(text)).document);

/** The default routes of IPv4 that a lab file gives, and whose address each is. */
const defaultsOf = async (text: string): Promise<readonly string[]> => {
  const { nodes } = (await readLabText(text, own)).lab;
  const owner = (address: string | undefined) =>
    nodes.find(({ interfaces }) => interfaces.some(({ addresses }) => addresses[0]?.split("/")[0] === address))?.name;
  return nodes.flatMap((node) =>
    node.kind === "switch"
      ? []
      : node.routes.filter(({ to }) => to === "0.0.0.0/0").map(({ via }) => `${node.name} by ${owner(via)}`),
  );
};

describe("addresses that are suggested", () => {
  it("are in networks that the file does not speak of", () => {
    const taken = prefixesIn("10.0.1.7 and 10.0.2.0/23, not 0.0.0.0/0 or 1.2.3.4.5 or 300.1.1.1");
    expect(taken.map(prefixText)).toEqual(["10.0.1.7/32", "10.0.2.0/23"]);
    expect(prefixText(freePrefix(24, taken))).toBe("10.0.4.0/24");
    expect(prefixText(freePrefix(30, []))).toBe("10.0.1.0/30");
  });

  it("are given to all that is linked and has none, as the CLI then takes them", async () => {
    const bare = `nodes: { h1: , h2: , h3: , r1: { kind: router }, r2: { kind: router }, s1: { kind: switch } }
links:
  - [h1, s1]
  - [h2, s1]
  - [r1, s1]
  - [r1, r2]
networks: { lan: { members: [r2, h3] } }
`;
    const { document, count } = await addressed(bare);
    expect(count).toBe(3);
    const done = load(printDocument(document));
    const addresses = done.nodes.flatMap((node) =>
      node.kind === "switch"
        ? []
        : node.interfaces.filter(({ name }) => name !== "lo").map((one) => `${node.name} ${one.addresses.join()}`),
    );
    expect(addresses.toSorted()).toEqual([
      "h1 10.0.1.2/24",
      "h2 10.0.1.3/24",
      "h3 10.0.3.2/24",
      "r1 10.0.1.1/24",
      "r1 10.0.2.1/24",
      "r2 10.0.2.2/24",
      "r2 10.0.3.1/24",
    ]);
    expect(printLab(done)).toContain("10.0.1.1");
    // A router alone among hosts is their gateway, through a switch, in a network, and straight.
    expect(printDocument(document)).toMatch(/lan: \{ .*gateway: r2 .*\}/);
    const straight = await suggested(
      "nodes: { h1: , r1: { kind: router }, r2: { kind: router } }\nlinks: [[h1, r1], [r2, r1]]\n",
    );
    expect(load(straight).links).toHaveLength(2);
    expect(straight.match(/gateway: r1/g)).toHaveLength(1);
    const served =
      "nodes: { r1: { kind: router }, w1: { kind: web }, s1: { kind: switch } }\nlinks: [[w1, s1], [r1, s1]]\n";
    expect(await suggested(served)).toMatch(/w1: .*gateway: 10\.0\.1\.1/);
    expect(straight).toMatch(/endpoints: \[ ?h1, "?r1:eth0"? ?\], subnet: 10\.0\.1\.0\/24, gateway: r1/);
    // The gateway has the lowest wherever it is drawn from, routers have lower ones than hosts, and else the order holds.
    const given = async (nodes: object, more: object) =>
      load(await suggested(JSON.stringify({ nodes, ...more }))).nodes.flatMap((node) =>
        node.kind === "switch" ? [] : node.interfaces.flatMap((one) => one.addresses.map((at) => `${node.name} ${at}`)),
      );
    const [h1, r1, r2, x1] = [null, { kind: "router" }, { kind: "router" }, { kind: "uplink" }];
    expect(await given({ h1, r1 }, { links: [["h1", "r1"]] })).toEqual(["h1 10.0.1.2/24", "r1 10.0.1.1/24"]);
    expect(await given({ r1, x1 }, { links: [["r1", "x1"]] })).toEqual(["r1 10.0.1.2/24", "x1 10.0.1.1/24"]);
    expect(await given({ r1, r2 }, { links: [["r2", "r1"]] })).toEqual(["r1 10.0.1.2/24", "r2 10.0.1.1/24"]);
    const lan = (...members: string[]) => ({ networks: { lan: { members } } });
    expect(await given({ h1, h2: null, r1 }, lan("h2", "h1", "r1"))).toEqual([
      ...["h1 10.0.1.3/24", "h2 10.0.1.2/24", "r1 10.0.1.1/24"],
    ]);
    const many = await given({ h1, r1, r2 }, lan("r2", "h1", "r1"));
    expect(many).toEqual(["h1 10.0.1.3/24", "r1 10.0.1.1/24", "r2 10.0.1.2/24"]);
  });

  it("come with a gateway for every kind at a router that can have one", async () => {
    const settings: Readonly<Record<string, object>> = {
      "dhcp-server": { pools: [{ first: "10.7.1.100", last: "10.7.1.199", gateway: "r1" }] },
      "dns-server": { zones: { "lab.example": { records: { www: "192.0.2.80" } } } },
      appliance: { image: "/etc/hostname", "cloud-init": true },
    };
    const none = new Set(["router", "switch", "uplink"]);
    const { anyOf } = schema.$defs["nodes-settings"] as unknown as { anyOf: readonly { $ref: string }[] };
    const kinds = anyOf.map(({ $ref }) => {
      const { properties } = (schema.$defs as unknown as Record<string, { properties: { kind: { const: string } } }>)[
        $ref.replace("#/$defs/", "")
      ] ?? { properties: { kind: { const: "" } } };
      return properties.kind.const;
    });
    expect(kinds.length).toBeGreaterThan(15);
    for (const kind of kinds) {
      const image = /-|vyos/.test(kind) && !kind.endsWith("-server") ? { image: "images.example/one:1" } : {};
      // Behind it, so that it is between two networks, as what guards or translates is.
      const drawn = JSON.stringify({
        nodes: { r1: { kind: "router" }, x1: { kind, ...image, ...settings[kind] }, h9: null },
        links: [["x1", "r1"], ...(kind === "switch" ? [] : [["h9", "x1"]])],
      });
      const text = await suggested(drawn);
      const wanted = [
        ...(kind === "uplink" ? ["r1 by x1"] : none.has(kind) ? [] : ["x1 by r1"]),
        ...(/^(?:host|switch|web|traffic|appliance|.*-server)$/.test(kind) ? [] : ["h9 by x1"]),
      ];
      expect([kind, ...(await defaultsOf(text)).toSorted()]).toEqual([kind, ...wanted.toSorted()]);
    }
  });

  it("give nobody two gateways, or one that it has not asked for", async () => {
    const router = { kind: "router" };
    const vyos = { kind: "vyos", image: "images.example/vyos:1" };
    const given = async (nodes: object, links: readonly (readonly string[])[], more = {}) =>
      defaultsOf(await suggested(JSON.stringify({ nodes, links, ...more })));
    const [h1, r1, r2] = [null, router, router];
    // The first of two; two in one network are two ways.
    expect(
      await given({ h1, r1, r2 }, [
        ["h1", "r1"],
        ["h1", "r2"],
      ]),
    ).toEqual(["h1 by r1"]);
    const lan = { networks: { lan: { members: ["h1", "r1", "r2"] } } };
    expect(await given({ h1, r1, r2 }, [], lan)).toEqual([]);
    // A vendor's router between two, and two of them, mind their own routes; at an edge it has one.
    expect(
      await given({ r1, v1: vyos, r2 }, [
        ["r1", "v1"],
        ["v1", "r2"],
      ]),
    ).toEqual([]);
    expect(await given({ v1: vyos, v2: vyos }, [["v1", "v2"]])).toEqual([]);
    const mixed = { networks: { lan: { members: ["h1", "r1", "v1"] } } };
    expect(await given({ h1, r1, v1: vyos }, [], mixed)).toEqual(["h1 by r1", "v1 by r1"]);
    // What is behind one that translates, its outside being said.
    const n1 = { kind: "nat", outside: "eth1" };
    expect(
      await given({ h1, r1, r2, n1 }, [
        ["n1", "r1"],
        ["n1", "r2"],
        ["h1", "r1"],
      ]),
    ).toEqual(["h1 by r1", "n1 by r2"]);
    // Who has a default route keeps it, and who asks for an address is given none.
    const own = { interfaces: { eth0: "10.9.0.1/24" }, routes: [{ to: "default", via: "10.9.0.2" }] };
    expect(
      await given({ h1: own, h2: null, r1 }, [
        ["h1", "h2"],
        ["h1", "r1"],
      ]),
    ).toEqual(["h1 by undefined"]);
    const asking = { interfaces: { eth0: "dhcp" } };
    const text = await suggested(
      JSON.stringify({ nodes: { h1, h2: asking, r1 }, networks: { lan: { members: ["h1", "h2", "r1"] } } }),
    );
    expect(text).toMatch(/"h2": *\{ *"interfaces": *\{ *"eth0": *"dhcp"/);
    expect(await defaultsOf(text)).toEqual(["h1 by r1"]);
  });
});

describe("the difference between versions", () => {
  it("is told as nodes and links", () => {
    const other = text.replace("  h2:\n", "  h4:\n").replace("[h2,", "[h4,").replace("10.255.0.1/32", "10.255.0.9/32");
    expect(changesBetween(text, other)).toEqual({
      nodes: { added: ["h4"], removed: ["h2"], changed: ["r1"] },
      links: { added: ["h4 — r1:eth2"], removed: ["h2 — r1:eth2"], changed: [] },
    });
    expect(changesBetween(text, "nodes: {")).toBeUndefined();
  });

  it("is the shortest, line by line, and makes one text of the other", () => {
    const apply = (before: string, after: string) => {
      const lines = differenceOf(before, after);
      const side = (not: "gone" | "new") => lines.filter(({ is }) => is !== not).map((line) => line.text);
      expect([side("new"), side("gone")]).toEqual([before, after].map((one) => (one === "" ? [] : one.split("\n"))));
      return lines.filter(({ is }) => is !== "same").length;
    };
    expect(apply("a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc")).toBe(5);
    expect(apply("", "a\nb")).toBe(2);
    expect(apply("a\nb", "a\nb")).toBe(0);
    const letters = (seed: number) =>
      Array.from({ length: 60 }, (_, at) => "abc"[(at * at * seed + at) % 3]).join("\n");
    for (let seed = 1; seed < 20; seed += 1) apply(letters(seed), letters(seed + 7));
  });

  it("is shown with what is around it", () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const after = lines.with(10, "changed").join("\n");
    const hunks = hunksOf(differenceOf(lines.join("\n"), after), 2);
    expect(hunks).toHaveLength(1);
    expect(hunks[0]?.skipped).toBe(8);
    expect(hunks[0]?.lines.map(({ is, old, new: fresh }) => [is, old, fresh])).toEqual([
      ["same", 9, 9],
      ["same", 10, 10],
      ["gone", 11, undefined],
      ["new", undefined, 11],
      ["same", 12, 12],
      ["same", 13, 13],
    ]);
  });
});
