import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { labJsonSchema } from "../../scripts/docs/lab-schema.ts";

/** The JSON Schema that editors complete and check lab files with. */
const root = join(import.meta.dirname, "../..");
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(labJsonSchema());
const examples = readdirSync(join(root, "examples"));

it("is published as it is (otherwise: make schema)", () => {
  const published = readFileSync(join(root, "schema/lab.schema.json"), "utf8");
  expect(published).toBe(`${JSON.stringify(labJsonSchema(), null, 2)}\n`);
});

describe.each(examples)("the example %s", (example) => {
  const text = readFileSync(join(root, "examples", example, "lab.yaml"), "utf8");

  it("names the schema in its first line", () => {
    const [first = ""] = text.split("\n");
    const path = /^# yaml-language-server: \$schema=(.*)$/.exec(first)?.[1] ?? "none";
    expect(join(root, "examples", example, path)).toBe(join(root, "schema/lab.schema.json"));
  });

  it("is valid", () => {
    expect(validate(parse(text)) ? [] : validate.errors).toEqual([]);
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
  expect(validate(file)).toBe(false);
});

it("takes a variable where a number is wanted", () => {
  expect(validate({ generate: [{ ring: { count: "${size}" } }] })).toBe(true);
  expect(validate({ generate: [{ ring: { count: "many" } }] })).toBe(false);
});
