import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { jsonSchemas } from "../../scripts/docs/json-schemas.ts";

/** The JSON Schemas that editors complete and check lab files, recipes and kinds with. */
const root = join(import.meta.dirname, "../..");
const schemas = Object.entries(jsonSchemas());
const checkers = new Map(
  schemas.map(([name, schema]) => [
    name,
    new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema),
  ]),
);
const problemsOf = (name: string, file: unknown) => {
  const validate = checkers.get(name);
  return validate?.(file) ? [] : (validate?.errors ?? ["no such schema"]);
};
const examples = readdirSync(join(root, "examples"));

it.each(schemas)("that of a %s is published as it is (otherwise: make schema)", (name, schema) => {
  const published = readFileSync(join(root, `schema/${name}.schema.json`), "utf8");
  expect(published).toBe(`${JSON.stringify(schema, null, 2)}\n`);
});

it.each(readdirSync(join(root, "images")).filter((name) => name.endsWith(".yaml")))("takes the recipe %s", (name) => {
  const text = readFileSync(join(root, "images", name), "utf8");
  expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../schema/recipe.schema.json");
  expect(problemsOf("recipe", parse(text))).toEqual([]);
});

it.each([
  ["images.md", "# probe.yaml", "recipe"],
  ["kinds.md", "# kinds/notebook/kind.yaml", "kind"],
])("takes what the docs show in %s", (page, first, name) => {
  const text =
    readFileSync(join(root, "docs", page), "utf8")
      .split("```yaml\n")
      .find((one) => one.startsWith(first)) ?? "";
  expect(problemsOf(name, parse(text.slice(0, text.indexOf("```"))))).toEqual([]);
});

describe.each(examples)("the example %s", (example) => {
  const text = readFileSync(join(root, "examples", example, "lab.yaml"), "utf8");

  it("names the schema in its first line", () => {
    const [first = ""] = text.split("\n");
    const path = /^# yaml-language-server: \$schema=(.*)$/.exec(first)?.[1] ?? "none";
    expect(join(root, "examples", example, path)).toBe(join(root, "schema/lab.schema.json"));
  });

  it("is valid", () => {
    expect(problemsOf("lab", parse(text))).toEqual([]);
  });
});

it.each([
  ["an unknown key", { nodess: {} }],
  ["a wrong kind", { nodes: { a: { kind: "swich" } } }],
  ["a key of another kind", { nodes: { a: { kind: "switch", routes: [] } } }],
  ["a number out of range", { nodes: { a: {} }, defaults: { mtu: 70000 } }],
  ["a duration without its unit", { processes: { a: { node: "a", command: ["a"], grace: "10" } } }],
  ["a command that is no list", { processes: { a: { node: "a", command: "sleep 1" } } }],
])("finds %s", (_, file) => {
  expect(problemsOf("lab", file)).not.toEqual([]);
});

it.each([
  ["recipe", { packages: "busybox" }],
  ["recipe", { run: ["rm -rf /srv"] }],
  ["kind", { services: { a: {} } }],
  ["kind", { optoins: {} }],
])("finds what is wrong in a %s: %j", (name, file) => {
  expect(problemsOf(name, file)).not.toEqual([]);
});

it("takes a variable where a number is wanted", () => {
  expect(problemsOf("lab", { generate: [{ ring: { count: "${size}" } }] })).toEqual([]);
  expect(problemsOf("lab", { generate: [{ ring: { count: "many" } }] })).not.toEqual([]);
});
