import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readDefinition, readLabFile } from "../../src/client/lab-file.ts";
import { LabFileError } from "../../src/topology/errors/error.ts";
import type { ProgramNode } from "../../src/topology/model.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "netwright-kinds-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

async function nodeOf(files: Readonly<Record<string, string>>): Promise<ProgramNode> {
  write(files);
  const { lab } = await readLabFile(folder, "lab.yaml");
  return lab.nodes[0] as ProgramNode;
}

async function told(files: Readonly<Record<string, string>>): Promise<string> {
  write(files);
  try {
    await readLabFile(folder, "lab.yaml");
  } catch (error) {
    if (error instanceof LabFileError)
      return error.errors
        .map(({ message, remedy, at }) => `${at === undefined ? "" : `${at.line}: `}${message} ${remedy}`)
        .join("\n");
    throw error;
  }
  throw new Error("It was read without an error.");
}

const echo = `
summary: Sends back what it gets
base: router
interfaces: {prefix: ge-, first: 1}
options:
  port: {type: integer, default: 7, minimum: 1, maximum: 65535}
  greeting: {type: text, default: hello}
  words: {type: list, default: [a, b]}
programs: {socat: socat}
files: {/etc/echo.conf: "\${greeting} from \${node}: \${words} $\${port}\\n", /etc/logo: {from: logo.bin, mode: "0600"}}
sysctls: {net.ipv4.ip_forward: 1}
services: {echo: {command: [socat, "TCP-LISTEN:\${port},fork", "EXEC:cat"], ready: {tcp: "\${port}"}, restart: always}}
setup: [{shell: "echo \${greeting} >/run/greeting"}]
config: {path: /etc/echo.conf, reload: [kill, -HUP, "1"]}
`;

test("a kind in YAML, beside the lab file, with options, files, services and interfaces of its own", async () => {
  const node = await nodeOf({
    "lab.yaml": 'nodes: {e: {kind: echo, port: 9, greeting: "it\'s; $(reboot)"}, h: }\nlinks: [[e, h]]\n',
    "kinds/echo/kind.yaml": echo,
    "kinds/echo/logo.bin": "logo",
  });
  expect(node).toMatchObject({
    kind: "router",
    interfaces: [{ name: "ge-1" }],
    sysctls: { "net.ipv4.ip_forward": "1" },
  });
  expect(node.role).toMatchObject({ kind: "echo", options: { port: 9, greeting: "it's; $(reboot)" } });
  const { files, services, setup, config, programs } = node.role?.software ?? {};
  expect(
    files?.map(({ path, mode, contentBase64 }) => [path, mode, Buffer.from(contentBase64, "base64").toString()]),
  ).toEqual([
    ["/etc/echo.conf", 0o644, "it's; $(reboot) from e: a b ${port}\n"],
    ["/etc/logo", 0o600, "logo"],
  ]);
  expect(programs).toEqual([{ name: "socat", package: "socat" }]);
  expect(services).toEqual([
    {
      name: "echo",
      command: { argv: ["socat", "TCP-LISTEN:9,fork", "EXEC:cat"] },
      ready: { intervalMs: 50, timeoutMs: 30_000, check: { type: "tcp", port: 9 } },
      restart: "always",
    },
  ]);
  // What an option says is no part of the shell's line.
  expect(setup?.[0]?.command).toEqual({ argv: ["sh", "-c", "echo ${1} >/run/greeting", "sh", "it's; $(reboot)"] });
  expect(config).toEqual({ path: "/etc/echo.conf", live: { by: "command", command: { argv: ["kill", "-HUP", "1"] } } });
});

const typed = `
import { defineKind } from "netwright";
export default defineKind({
  summary: "Knows its neighbours",
  options: { top: { type: "text", default: "none" } },
  make: ({ top }, { node, machines }) => ({
    files: { "/etc/peers": \`\${top} \${node.name} of \${machines.map((one) => one.name).join(" ")} \\$\{kept}\` },
  }),
});
`;

test("a kind in TypeScript, in a package, with what it knows of the lab", async () => {
  const node = await nodeOf({
    "lab.yaml": "nodes: {p: {kind: '@acme/peers', top: first}, q: }\n",
    "node_modules/@acme/netwright-kind-peers/package.json": "{}",
    "node_modules/@acme/netwright-kind-peers/kind.mjs": typed,
  });
  const [file] = node.role?.software.files ?? [];
  expect(Buffer.from(file?.contentBase64 ?? "", "base64").toString()).toBe("first p of p q ${kept}");
  const defined = await readDefinition(folder, { nodes: { x: { kind: "@acme/peers" as "host" } } });
  expect((defined.lab.nodes[0] as ProgramNode).role?.kind).toBe("@acme/peers");
});

test("the digest knows the kind and its files", async () => {
  const files = { "lab.yaml": "nodes: {e: {kind: echo}}\n", "kinds/echo/kind.yaml": echo, "kinds/echo/logo.bin": "1" };
  write(files);
  const digest = async () => (await readLabFile(folder, "lab.yaml")).digest;
  const first = await digest();
  expect(await digest()).toBe(first);
  write({ "kinds/echo/logo.bin": "2" });
  const second = await digest();
  expect(second).not.toBe(first);
  write({ "kinds/echo/kind.yaml": `${echo}# changed\n` });
  expect(await digest()).not.toBe(second);
});

describe("what people are told of a kind", () => {
  const lab = { "lab.yaml": "nodes: {e: {kind: echo}}\n" };
  const kind = (text: string) => ({ ...lab, "kinds/echo/kind.yaml": text });
  test.each<[string, Readonly<Record<string, string>>, string | RegExp]>([
    ["nowhere", lab, "one of host, router"],
    ["an empty folder", { ...lab, "kinds/echo/README.md": "" }, "there is no kind file"],
    ["two files", { ...kind("summary: x"), "kinds/echo/kind.js": "" }, /kind\.(js|yaml) and kind\.(js|yaml)/],
    ["no YAML", kind("a: [1"), "This is not YAML"],
    [
      "a misspelt key",
      kind("summary: x\nservises: {}\n"),
      '2: Kind echo (kinds/echo/kind.yaml): A kind has no "servises". Did you mean "services"?',
    ],
    ["no summary", kind("base: host\n"), "summary"],
    [
      "an option that every node has",
      kind("summary: x\noptions: {routes: {type: text}}\n"),
      "a key that every node has",
    ],
    ["an option of no type", kind("summary: x\noptions: {a: {type: colour}}\n"), "one of text, integer"],
    [
      "a default of another type",
      kind("summary: x\noptions: {a: {type: integer, default: x}}\n"),
      "not of its own type",
    ],
    [
      "a template without meaning",
      kind("summary: x\noptions: {port: {type: integer}}\nfiles: {/a: '${prot}'}\n"),
      "Did you mean ${port}?",
    ],
    ["a file out of the node", kind("summary: x\nfiles: {/../a: x}\n"), "no full path"],
    [
      "a file out of the kind's folder",
      kind("summary: x\nfiles: {/a: {from: ../../lab.yaml}}\n"),
      "is not in the folder",
    ],
    ["a file that is not there", kind("summary: x\nfiles: {/a: {from: b}}\n"), "ENOENT"],
    ["two checks", kind("summary: x\nservices: {a: {command: [b], ready: {tcp: 1, udp: 1}}}\n"), "ready has 2 checks"],
    ["a configuration that is no file", kind("summary: x\nconfig: {path: /a}\n"), "is not among files"],
    ["an option that is missing", kind("summary: x\noptions: {port: {type: integer}}\n"), 'needs "port"'],
    ["code that does not load", { ...lab, "kinds/echo/kind.js": "export default {" }, "cannot be loaded"],
    [
      "code that exports nothing",
      { ...lab, "kinds/echo/kind.js": "export const a = 1;" },
      "It takes a map with summary",
    ],
    [
      "code that throws",
      { ...lab, "kinds/echo/kind.js": 'export default {summary: "x", make: () => { throw new Error("ouch") }}' },
      "the kind's code failed: ouch",
    ],
    [
      "code that gives something else",
      { ...lab, "kinds/echo/kind.js": 'export default {summary: "x", make: () => ({files: {"/a": () => 1}})}' },
      "gives something else",
    ],
  ])("%s", async (_what, files, words) => {
    expect(await told(files)).toMatch(typeof words === "string" ? new RegExp(RegExp.escape(words)) : words);
  });

  test("a link out of the kind's folder", async () => {
    write(kind("summary: x\nfiles: {/a: {from: link}}\n"));
    symlinkSync("/etc/passwd", join(folder, "kinds/echo/link"));
    expect(await told({})).toContain("is not in the folder");
  });
});
