import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLineReference } from "../../scripts/docs/command-line.ts";
import { errorReference } from "../../scripts/docs/errors.ts";
import { labFileReference } from "../../scripts/docs/lab-file.ts";
import { serverApiReference } from "../../scripts/docs/server-api.ts";
import { mayImport } from "../../scripts/module-rules.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { openApi } from "../../src/controller/server/openapi.ts";
import { catalogue } from "../../src/topology/errors/catalogue.ts";

/** What the documents say about the repository is so. */
const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const references = ["lab-file", "command-line", "errors", "server-api", "api/index"].map(
  (name) => `reference/${name}.md`,
);
const written = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, "examples")).map((name) => `examples/${name}/README.md`),
  "appliances/rabbit/README.md",
];

describe.each(written)("%s", (document) => {
  const text = read(document);

  it("names files and folders that are there", () => {
    const named = [
      ...text.matchAll(/`((?:src|tests|scripts|appliances|examples|docs|bench|bin|schema)\/[\w./-]*)`/g),
    ].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("links to pages that are there", () => {
    // Relative, so that they lead there in a checkout too; the references are there after `make docs`.
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = ""]) => path);
    const isThere = (path: string) =>
      !path.startsWith("/") &&
      (existsSync(join(root, dirname(document), path)) || (document.startsWith("docs/") && references.includes(path)));
    expect(links.filter((path) => !isThere(path))).toEqual([]);
  });

  it("speaks of make targets that are there", () => {
    const targets = [...text.matchAll(/\bmake ([a-z]+)\b/g)].map(([, name = ""]) => name);
    const known = [...read("Makefile").matchAll(/^([a-z]+):/gm)].map(([, name = ""]) => name);
    // In prose, "make" also is a verb; targets are in code.
    const inCode = targets.filter(
      (name) => text.includes(`\`make ${name}`) || new RegExp(`^make ${name}`, "m").test(text),
    );
    expect(inCode.filter((name) => !known.includes(name))).toEqual([]);
  });
});

it("the architecture page has the table of imports that is enforced", () => {
  const rows = [...read("docs/architecture.md").matchAll(/^\| (\w+) *\| ([\w, ]*)\|$/gm)];
  const table = rows
    .filter(([, module = ""]) => module in mayImport)
    .map(([, module = "", imports = ""]) => [
      module,
      imports
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    ]);
  expect(Object.fromEntries(table)).toEqual(mayImport);
});

describe("the references", () => {
  it("have every command and every option", () => {
    const reference = commandLineReference();
    const program = buildProgram();
    const commands = program.createHelp().visibleCommands(program);
    expect(commands.length).toBeGreaterThan(15);
    for (const command of commands.filter((one) => one.name() !== "help")) {
      expect(reference).toContain(`\n## ${command.name()}\n`);
      for (const option of command.options) expect(reference).toContain(option.long ?? option.flags);
      for (const sub of command.commands) expect(reference).toContain(`\n### ${command.name()} ${sub.name()}\n`);
    }
  });

  it("have every operation of the server's API", () => {
    const reference = serverApiReference("0");
    for (const [path, methods] of Object.entries(openApi("0")["paths"] as Record<string, object>))
      for (const method of Object.keys(methods))
        expect(reference.replaceAll("\\", "")).toContain(`\n### ${method.toUpperCase()} ${path}\n`);
    expect(reference).not.toMatch(/undefined|\[object/);
  });

  it("have every error, in words", () => {
    const reference = errorReference();
    for (const code of Object.keys(catalogue)) expect(reference).toContain(`\n## ${code}\n\n> `);
    expect(reference).not.toMatch(/=>|undefined|> \n/);
  });

  it("have every section of the lab file, and every key a meaning", () => {
    const reference = labFileReference();
    for (const section of ["Host", "Router", "Switch", "Interface", "Link", "Network", "Process", "Readiness"]) {
      expect(reference).toContain(`\n## ${section}\n`);
    }
    const rows = reference.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.length).toBeGreaterThan(80);
    expect(rows.filter((line) => / \| +\|$/.test(line))).toEqual([]);
  });
});
