import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { checkModules } from "../../scripts/check-modules.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A project of these files, for the repository's rules. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "netwright-modules-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const problemsOf = async (files: Readonly<Record<string, string>>) => (await checkModules(project(files))).problems;

it("passes the repository, having seen all of it", async () => {
  const check = await checkModules(join(import.meta.dirname, "../.."));
  expect(check.problems).toEqual([]);
  expect(check.modules).toBeGreaterThan(100);
  expect(check.dependencies).toBeGreaterThan(check.modules);
});

it("accepts what the table allows", async () => {
  const files = {
    "src/client/a.ts": `import { b } from "../api/b.ts";\nimport type { C } from "../topology/c.ts";\nexport const a: C = b;\n`,
    "src/api/b.ts": "export const b = 1;\n",
    "src/topology/c.ts": "export type C = number;\n",
  };
  expect(await problemsOf(files)).toEqual([]);
});

it.each([
  ["a value", `import { b } from "../lab/b.ts";\nexport const a = b;\n`],
  ["a type only", `import type { B } from "../lab/b.ts";\nexport type A = B;\n`],
  ["a type among values", `import { type B } from "../lab/b.ts";\nexport type A = B;\n`],
  ["a type in place", `export type A = import("../lab/b.ts").B;\n`],
  ["a re-export", `export type { B } from "../lab/b.ts";\n`],
  ["a dynamic import", `export const a = () => import("../lab/b.ts");\n`],
])("finds an import that the table forbids: %s", async (_, text) => {
  const files = { "src/client/a.ts": text, "src/lab/b.ts": "export const b = 1;\nexport type B = number;\n" };
  expect(await problemsOf(files)).toEqual([
    expect.stringContaining("src/client/a.ts → src/lab/b.ts\n    layer-client:"),
  ]);
});

it("finds what a page imports and cannot have in a browser", async () => {
  const files = {
    "src/kernel/b.ts": "export const b = 1;\n",
    "src/api/c.ts": "export const c = 1;\n",
    "web/src/A.tsx": `import { b } from "../../src/kernel/b.ts";\nimport { c } from "../../src/api/c.ts";\nexport const A = () => b + c;\n`,
  };
  expect(await problemsOf(files)).toEqual([expect.stringContaining("web/src/A.tsx → src/kernel/b.ts\n    layer-web:")]);
});

it("finds a package that is not published with it, and a library out of its layer", async () => {
  const folder = project({
    "src/api/a.ts": `import fc from "fast-check";\nexport const a = fc;\n`,
    "src/lab/b.ts": `import koffi from "koffi";\nexport const b = koffi;\n`,
    "src/kernel/c.ts": `import koffi from "koffi";\nexport const c = koffi;\n`,
    "src/lab/d.ts": `import type { FastifyInstance } from "fastify";\nexport type D = FastifyInstance;\n`,
  });
  const root = join(import.meta.dirname, "../..");
  for (const name of ["node_modules", "package.json"]) symlinkSync(join(root, name), join(folder, name));
  const { problems } = await checkModules(folder);
  expect(problems.toSorted()).toEqual([
    expect.stringContaining("no-development-packages"),
    expect.stringContaining("src/lab/b.ts → "),
  ]);
});

it("finds an engine that knows another", async () => {
  const files = {
    "src/engines/vm/a.ts": `import { b } from "../namespace/b.ts";\nexport const a = b;\n`,
    "src/engines/namespace/b.ts": "export const b = 1;\n",
  };
  expect(await problemsOf(files)).toEqual([expect.stringContaining("one-registry")]);
});

it("finds a cycle", async () => {
  const files = {
    "src/api/a.ts": `import { b } from "./b.ts";\nexport const a = () => b;\n`,
    "src/api/b.ts": `import { a } from "./a.ts";\nexport const b = () => a;\n`,
  };
  expect(await problemsOf(files)).toEqual([expect.stringContaining("no-cycles")]);
});

it("finds an import that leads nowhere", async () => {
  expect(await problemsOf({ "src/api/a.ts": `import "./gone.ts";\n` })).toEqual([
    expect.stringContaining("unresolved"),
  ]);
});

it("fails for a folder that has no rule", async () => {
  expect(await problemsOf({ "src/utils/a.ts": "export const a = 1;\n" })).toEqual([
    expect.stringContaining("src/utils/a.ts is in no layer"),
  ]);
});

it("fails where there is nothing to check", async () => {
  expect(await problemsOf({ "src/README": "" })).toEqual([expect.stringContaining("No modules seen")]);
  expect(await problemsOf({})).toEqual([expect.stringContaining("No modules seen")]);
});
