import { describe, expect, test } from "vitest";
import { codesOf, errorsOf, load, loaded, machine } from "./lab-text.ts";

const environment = (text: string, set: Record<string, string> = {}) =>
  machine(load(`variables: {n: 3, on: true, who: me}\nnodes: {h1: {environment: {X: ${text}}}}`, { set }), "h1")
    .environment["X"];

describe("substitution", () => {
  test.each([
    ['"${who}"', "me"],
    ['"a ${who} b ${n}"', "a me b 3"],
    ['"$${who}"', "${who}"],
    ['"$$${who}"', "$${who}"],
    ['"$who $ {who} $(who)"', "$who $ {who} $(who)"],
    ['"${node.name}"', "h1"],
    ['"$${node.name}"', "${node.name}"],
    ['"${node.name}-${who}"', "h1-me"],
  ])("%s is %s", (text, expected) => {
    expect(environment(text)).toBe(expected);
  });

  test("a text that is one variable becomes its value, of its type", () => {
    const lab = load(
      "variables: {m: 9000, stp: true}\nnodes: {s: {kind: switch, stp: '${stp}'}, h: }\nlinks: [{endpoints: [h, s], mtu: '${m}'}]",
    );
    expect(lab.links[0]?.mtu).toBe(9000);
    expect(lab.nodes[0]).toMatchObject({ stp: true });
  });

  test("a value is not looked into for variables", () => {
    expect(environment('"${who}"', { who: "${n}" })).toBe("${n}");
  });

  test("values that aliases share are replaced in each place", () => {
    const lab = load(
      "variables: {v: 1}\ndefaults: {node: {environment: &x {A: '${v}'}}}\nnodes: {h1: {environment: *x}}",
    );
    expect(machine(lab, "h1").environment).toEqual({ A: "1" });
  });
});

describe("--set", () => {
  test("wins over the default and takes its type", () => {
    expect(environment('"${n}"', { n: "7" })).toBe("7");
    const text = "variables: {count: 3}\ngenerate: [{ring: {count: '${count}'}}]";
    expect(load(text, { set: { count: "5" } }).nodes).toHaveLength(5);
  });

  test.each([
    [{ n: "many" }, "VARIABLE_TYPE"],
    [{ n: "" }, "VARIABLE_TYPE"],
    [{ n: "Infinity" }, "VARIABLE_TYPE"],
    [{ on: "yes" }, "VARIABLE_TYPE"],
    [{ whom: "me" }, "VARIABLE_NOT_DECLARED"],
  ])("%j: %s", (set, code) => {
    expect(codesOf("variables: {n: 3, on: true, who: me}\nnodes: {h1: }", { set })).toEqual([code]);
  });

  test("gives what has no default, and must", () => {
    const text = "variables: {token: }\nnodes: {h1: {environment: {T: '${token}'}}}";
    expect(machine(load(text, { set: { token: "t" } }), "h1").environment).toEqual({ T: "t" });
    expect(codesOf(text)).toEqual(["VARIABLE_REQUIRED"]);
  });

  test("changes the digest, as the text and the files do", () => {
    const text = "variables: {n: 3}\nnodes: {h1: {files: {/f: {from: f.txt}}}}";
    const digest = (changed: string, n: string, content: string) =>
      loaded(changed, { set: { n }, files: { "/labs/demo/f.txt": content } }).digest;
    const all = [digest(text, "1", "a"), digest(text, "2", "a"), digest(text, "1", "b"), digest(`${text}\n`, "1", "a")];
    expect(new Set(all).size).toBe(4);
    expect(digest(text, "1", "a")).toBe(all[0]);
    expect(all[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("mistakes", () => {
  test.each([
    ["${wo}", "VARIABLE_UNKNOWN", "Did you mean ${who}?"],
    ["${HOME}", "VARIABLE_UNKNOWN", "write $${HOME}"],
    ["${x:-y}", "VARIABLE_SYNTAX", "Write $${x:-y}"],
    ["${who", "VARIABLE_SYNTAX", "Write $${who"],
    ["${node.nme}", "PLACEHOLDER_UNKNOWN", "Did you mean ${node.name}?"],
    ["${node.index}", "PLACEHOLDER_UNKNOWN", "${node.name}"],
  ])("%s: %s, %s", (text, code, remedy) => {
    const [error, ...others] = errorsOf(`variables: {who: me}\nnodes: {h1: {environment: {X: '${text}'}}}`);
    expect(others).toEqual([]);
    expect(error?.code).toBe(code);
    expect(error?.remedy).toContain(remedy);
    expect(error?.at).toMatchObject({ line: 2, path: "nodes.h1.environment.X" });
  });

  test("one wrong variable is not also a wrong value", () => {
    expect(codesOf("nodes: {h1: {interfaces: {eth0: {mtu: '${m}', addresses: '${a}', mac: '${b}'}}}}")).toEqual([
      "VARIABLE_UNKNOWN",
      "VARIABLE_UNKNOWN",
      "VARIABLE_UNKNOWN",
    ]);
  });
});
