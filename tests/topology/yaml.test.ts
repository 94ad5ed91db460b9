import { describe, expect, test } from "vitest";
import { labError } from "../../src/topology/errors/error.ts";
import { readYaml } from "../../src/topology/source/yaml.ts";
import { codesOf, errorsOf, load, machine } from "./lab-text.ts";

const data = (text: string) => {
  const source = readYaml(text, "lab.yaml");
  expect(source.errors).toEqual([]);
  return source.data;
};

describe("values", () => {
  test("keys are texts, whatever they look like", () => {
    expect(data("1e3: a\ntrue: b\n0x10: c\nnull: d\n")).toEqual({ "1e3": "a", true: "b", "0x10": "c", null: "d" });
  });

  test("YAML 1.2: yes and on are texts, so are a MAC address, a time and a number with a leading zero", () => {
    expect(data("a: yes\nb: 02:00:00:00:00:01\nc: 10:20\nd: 0644\ne: 0\nf: 1.5\ng: 0o17")).toEqual({
      a: "yes",
      b: "02:00:00:00:00:01",
      c: "10:20",
      d: "0644",
      e: 0,
      f: 1.5,
      g: 15,
    });
  });

  test("anchors and merge keys: the map's own keys win, then the first merged map", () => {
    expect(
      data(`
base: &base {a: 1, b: 1}
other: &other {b: 2, c: 2}
both: {<<: [*base, *other], a: 0}
list: [*base, *base]
`),
    ).toMatchObject({
      both: { a: 0, b: 1, c: 2 },
      list: [
        { a: 1, b: 1 },
        { a: 1, b: 1 },
      ],
    });
  });

  test("an anchor given twice means the last one before the alias", () => {
    expect(data("a: &x 1\nb: *x\nc: &x 2\nd: *x")).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });
});

test("what an empty file, or none, is told to be is a lab", () => {
  const said = [
    labError("LAB_FILE_EMPTY", { file: "lab.yaml" }),
    labError("LAB_FILE_MISSING", { names: ["lab.yaml"], directory: "/" }),
  ];
  for (const { remedy = "" } of said) {
    const lab = load(remedy.slice(remedy.indexOf("{")));
    expect(lab.nodes.map(({ name }) => name)).toEqual(["h1", "h2"]);
    expect(lab.links).toHaveLength(1);
  }
});

describe("a colon left out", () => {
  test("before a bracket is told where it belongs, and nothing that follows from it", () => {
    const errors = errorsOf(`nodes:
  h1:
  r2 {kind: router}
  r3[kind: router]
links:
  - [h1, r2]
  - [h1, r3]
`);
    expect(errors.map(({ message, at }) => `${at?.line}:${at?.column} ${message}`)).toEqual([
      '3:3 This is not YAML: a colon is missing after "r2".',
      '4:3 This is not YAML: a colon is missing after "r3".',
    ]);
    expect(errors[0]?.remedy).toContain("r2: …");
  });

  test("is none in a key with quotes around it", () => {
    expect(data('"a {b": 1')).toEqual({ "a {b": 1 });
  });
});

describe("places", () => {
  const text = `nodes:
  h1: &h
    interfaces:
      eth0: {addresses: [10.0.0.1/24, bad]}
  h2:
    <<: *h
  h3: *h
`;
  const at = (path: (string | number)[], target: "key" | "value" = "value") => {
    const position = readYaml(text, "lab.yaml").locate(path, target);
    return position && `${position.line}:${position.column}+${position.length}`;
  };

  test("of a value, of a key, through aliases and merge keys", () => {
    const path = ["interfaces", "eth0", "addresses", 1];
    expect(at(["nodes", "h1", ...path])).toBe("4:39+3");
    expect(at(["nodes", "h2", ...path])).toBe("4:39+3");
    expect(at(["nodes", "h3", ...path])).toBe("4:39+3");
    expect(at(["nodes", "h2"], "key")).toBe("5:3+2");
  });

  test("of the nearest enclosing value where the path goes on", () => {
    expect(at(["nodes", "h1", "interfaces", "eth0", "mtu"])).toBe("4:13+31");
    expect(at(["links", 3])).toBe("1:1+6");
  });

  test("count characters from 1, in files with Windows line ends too", () => {
    const position = readYaml("name: x\r\nmöde: y\r\n", "lab.yaml").locate(["möde"], "value");
    expect(position).toEqual({ file: "lab.yaml", line: 2, column: 7, length: 1, text: "möde: y", path: "möde" });
  });
});

describe("hostile files", () => {
  test("a bomb of aliases is refused before it is unfolded", () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(", ")}]`,
    );
    expect(codesOf(`l0: &l0 [x]\n${levels.join("\n")}\n`)).toContain("YAML_ALIASES");
  });

  test.each([
    ["lists", `nodes: ${"[".repeat(200)}${"]".repeat(200)}`],
    ["maps", `nodes: ${"{a: ".repeat(200)}1${"}".repeat(200)}`],
    ["blocks", Array.from({ length: 200 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
    ["very many lists", "[".repeat(100_000)],
    ["very many dashes", "- ".repeat(100_000)],
  ])("deeply nested %s are refused", (_what, text) => {
    const [first] = errorsOf(text);
    expect(["YAML_TOO_DEEP", "YAML_SYNTAX"]).toContain(first?.code);
  });

  test("a file of many megabytes is refused unread", () => {
    expect(codesOf(`name: ${"x".repeat(17 * 1024 * 1024)}`)).toEqual(["LAB_FILE_TOO_LARGE"]);
  });

  test("an alias inside its own anchor", () => {
    expect(codesOf("nodes: &n {h1: *n}")).toContain("YAML_ALIAS_CYCLE");
  });

  test("keys that JavaScript objects have by birth are ordinary names", () => {
    expect(codesOf("nodes: {__proto__: {kind: router}}")).toContain("BAD_KEY");
    expect(machine(load("nodes: {constructor: {kind: router}}"), "constructor").kind).toBe("router");
    expect(codesOf("links: [[toString, hasOwnProperty]]")).toEqual(["NODE_UNKNOWN", "NODE_UNKNOWN"]);
    expect(codesOf("name: ${toString}")).toEqual(["VARIABLE_UNKNOWN"]);
  });
});

test("what YAML finds wrong and what the lab has wrong are told together", () => {
  expect(codesOf("nodes:\n  h1:\n  h1:\nlinks: [[h1, h2]]\nmod: keep")).toEqual([
    "DUPLICATE_KEY",
    "NODE_UNKNOWN",
    "UNKNOWN_KEY",
  ]);
});
