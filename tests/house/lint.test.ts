import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** That the checks find what they are for: a linter with a wrong configuration is content with everything. */
const root = join(import.meta.dirname, "../..");
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "netwright-lint-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const file of ["tsconfig.json", ".oxlintrc.json", "biome.json", ".gitignore"]) {
    symlinkSync(join(root, file), join(folder, file));
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

function check(program: string, argv: readonly string[], text: string) {
  writeFileSync(join(folder, "planted.ts"), text);
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin", program), [...argv, "planted.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, output: `${stdout}${stderr}` };
}

it("finds a promise that nobody waits for", () => {
  const fine = "export async function a(): Promise<void> {}\nawait a();\n";
  expect(check("oxlint", ["--type-aware"], fine)).toMatchObject({ status: 0 });
  const floating = "export async function a(): Promise<void> {}\na();\n";
  const found = check("oxlint", ["--type-aware"], floating);
  expect(found.status).toBe(1);
  expect(found.output).toContain("no-floating-promises");
});

it.each([
  ["any", "export const a: any = 1;\n", "noExplicitAny"],
  ["a type imported as a value", 'import { Socket } from "node:net";\nexport type A = Socket;\n', "useImportType"],
  ["printing in a library", 'console.log("hello");\n', "noConsole"],
  ["other formatting", "export const a = 'one'\n", "format"],
])("finds %s", (_, text, rule) => {
  const found = check("biome", ["check", "--error-on-warnings", "--vcs-enabled=false"], text);
  expect(found.status).toBe(1);
  expect(found.output).toContain(rule);
});
