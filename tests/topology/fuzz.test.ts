import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LabFileError } from "../../src/topology/errors/error.ts";
import { renderError } from "../../src/topology/errors/render.ts";
import { type LoadedLab, resolveDefinition } from "../../src/topology/load.ts";
import { printLab } from "../../src/topology/print.ts";
import { readYaml } from "../../src/topology/source/yaml.ts";
import { loaded, memory } from "./lab-text.ts";

const files = { "/labs/demo/f.conf": "router ospf\n", "/labs/demo/app/": "" };
/** Loads, or fails with errors that people can read. Anything else is a bug. */
function survives(load: () => LoadedLab): void {
  let result: LoadedLab | undefined;
  try {
    result = load();
  } catch (error) {
    if (!(error instanceof LabFileError)) throw error;
    expect(error.errors.length).toBeGreaterThan(0);
    for (const one of error.errors) {
      const text = renderError(one);
      expect(one.exitCode).toBe(2);
      expect(text).not.toMatch(/\n\s+at .*[:(]|TypeError|RangeError|\[object |\bundefined\b.*\bcannot\b/);
      expect(one.message).not.toMatch(/\bundefined\b|^\s*$/);
      // JSON output must be possible too.
      JSON.stringify(one.toReport());
    }
  }
  if (result !== undefined) {
    const { lab } = result;
    expect(JSON.parse(JSON.stringify(lab))).toEqual(lab);
    const again = loaded(printLab(lab), { files }).lab;
    expect(again).toEqual(lab);
  }
}

const seeds = [
  `name: office
variables: { clients: 3, mtu: 9000, who: me }
defaults: { mtu: 1500, node: { sysctls: { net.ipv4.tcp_ecn: 1 } }, switch: { stp: true } }
nodes:
  h1: { kind: host, interfaces: { eth0: { addresses: [10.0.1.2/24, "2001:db8:1::2/64"], mtu: 9000, gateway: 10.0.1.1 } } }
  h2:
  h3: &h
    interfaces: { eth0: 10.1.0.9/24, lo: 10.9.9.9/32 }
    routes: [{ to: 10.9.0.0/16, via: 10.1.0.1, metric: 5 }, { to: 192.0.2.0/24, interface: eth0 }]
    startup: [[ip, link], { shell: "echo $\${HOME} \${who}" }]
    files: { /etc/motd: "on \${node.name}", /etc/f: { from: f.conf, mode: "0600" } }
    mounts: [{ source: app, target: /app, readonly: true }]
    console: { command: [top], start: up }
  r1: { kind: router, frr: { from: f.conf }, interfaces: { eth1: 10.0.1.1/24 } }
  r2: { kind: router }
  s1: { kind: switch, ageing: 30s, forward: [lldp, lacp, 802.1x] }
links:
  - [h1:eth0, r1:eth1]
  - { endpoints: [r1, r2], subnet: [10.0.12.0/30, "2001:db8:12::/64"], mtu: "\${mtu}" }
  - h2 -- s1
  - r2 -- s1
networks:
  lan: { subnet: 10.1.0.0/24, members: [r1:eth2, h2, h3], gateway: r1 }
processes:
  web: { node: h1, command: [python3, -m, http.server], ready: { tcp: 8000, interval: 200ms }, restart: on-failure, tags: [a], stop-signal: SIGINT, grace: 2s }
  client: { node: "h*", command: { shell: "curl h1" }, after: { web: ready } }
mode: stop-on-failure
`,
  `generate:
  - leaf-spine: { spines: 2, leaves: 3, hosts-per-leaf: 1 }
    names: { host: "pc\${node.index}" }
    template: { host: { kind: host, root: host, environment: { ID: "\${node.role}-\${node.index}" } } }
    addressing: { loopbacks: 10.255.0.0/16, links: [10.0.0.0/16, "fd00::/64"], hosts: 10.128.0.0/9 }
    routing: { bgp: { asn: 65000 } }
  - ring: { count: 4 }
    template: { node: { kind: switch, stp: true } }
  - tree: { depth: 2, fanout: 2 }
    names: { leaf: "t\${node.index}" }
    addressing: { hosts: 10.64.0.0/16 }
links: [[leaf1, s1], [pc1, branch1]]
`,
];

/** Words of the lab file, and what is nearly one. */
const words = [
  "nodes", "links", "networks", "processes", "generate", "variables", "defaults", "name", "mode", "kind", "host", "router", "switch",
  "interfaces", "eth0", "lo", "addresses", "10.0.0.1/24", "10.0.0.1", "10.0.0.0/24", "2001:db8::1/64", "fe80::1", "::/0", "0.0.0.0/0", "default",
  "mac", "02:00:00:00:00:01", "mtu", "1500", "65536", "-1", "1e9", "1e999", ".nan", ".inf", "0644", "0x10", "null", "~", "true", "no", "gateway", "routes",
  "to", "via", "metric", "interface", "h1", "h2", "r1", "s1", "h1:eth0", "h1 -- h2", "members", "subnet", "endpoints", "stp", "ageing", "300s", "forward", "lldp", "stp",
  "frr", "config", "from", "f.conf", "missing", "files", "/etc/motd", "mounts", "source", "target", "startup", "shell", "command", "node", "after",
  "ready", "started", "success", "tcp", "log", "(", "file", "tags", "a", "b", "ring", "star", "tree", "mesh", "line", "leaf-spine", "count", "leaves", "spines",
  "hosts-per-leaf", "depth", "fanout", "template", "names", "addressing", "loopbacks", "hosts", "routing", "bgp", "ospf", "${x}", "${node.name}", "$${", "${",
  "__proto__", "constructor", "toString", "", " ", "é", "名", "\u0000", "\u001b[2J", "h*", "*", "&a", "*a", "<<", "!!str", "@", "x".repeat(80),
]; // biome-ignore format: a table

const word = fc.constantFrom(...words);
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    word,
    fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(word, tie("value"), { maxKeys: 5 }),
  ),
})).value;

const top = ["nodes", "links", "networks", "processes", "generate", "variables", "defaults", "name", "mode"] as const;
const labLike = fc.record(Object.fromEntries(top.map((key) => [key, data])), { requiredKeys: [] });

type Edit = { readonly at: number; readonly remove: number; readonly insert: string };
const edits = fc.array(
  fc.record<Edit>({
    at: fc.nat(4000),
    remove: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(40)),
    insert: fc.oneof(
      fc.constant(""),
      word,
      fc.constantFrom(
        "\n",
        "  ",
        "\t",
        ":",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        '"',
        "#",
        "|",
        ">",
        "&",
        "*",
        "!",
        "%",
        "---\n",
      ),
      fc.string({ maxLength: 3 }),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

const edited = (text: string, list: readonly Edit[]): string =>
  list.reduce((rest, { at, remove, insert }) => {
    const offset = at % (rest.length + 1);
    return rest.slice(0, offset) + insert + rest.slice(offset + remove);
  }, text);

/** A value somewhere in a file exchanged for another. */
function exchanged(value: unknown, path: readonly number[], replacement: unknown): unknown {
  const [step, ...below] = path;
  if (step === undefined || typeof value !== "object" || value === null) return replacement;
  const keys = Object.keys(value);
  if (keys.length === 0) return replacement;
  const key = keys[step % keys.length] as string;
  const part = exchanged((value as Record<string, unknown>)[key], below, replacement);
  return Array.isArray(value)
    ? value.map((item, index) => (String(index) === key ? part : item))
    : { ...value, [key]: part };
}

describe("the parser survives", () => {
  test("the files that the mutations start from", () => {
    for (const seed of seeds) {
      const { warnings } = loaded(seed, { files });
      expect(warnings.map(({ code }) => code)).toEqual([]);
    }
  });

  test("any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 200 })), (text) =>
        survives(() => loaded(text, { files })),
      ),
      { numRuns: 500 },
    );
  });

  test("words in any order", () => {
    const text = fc
      .array(fc.oneof(word, fc.constantFrom(": ", "\n", "\n  ", "\n    ", "- ", ", ", "[", "]", "{", "}", " ")), {
        maxLength: 60,
      })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (one) => survives(() => loaded(one, { files }))),
      { numRuns: 500 },
    );
  });

  test("files with a few characters changed", () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds), edits, (seed, list) =>
        survives(() => loaded(edited(seed, list), { files })),
      ),
      { numRuns: 1500 },
    );
  });

  test("files with lines left out, doubled and moved", () => {
    const lines = fc
      .constantFrom(...seeds)
      .chain((seed) => fc.array(fc.constantFrom(...seed.split("\n")), { maxLength: 30 }));
    fc.assert(
      fc.property(lines, (list) => survives(() => loaded(list.join("\n"), { files }))),
      { numRuns: 500 },
    );
  });

  test("data of any shape under the right keys", () => {
    fc.assert(
      fc.property(labLike, (lab) => survives(() => loaded(JSON.stringify(lab), { files }))),
      { numRuns: 1500 },
    );
  });

  test("right files with one value exchanged for any other", () => {
    const definitions = seeds.map((seed) => JSON.parse(JSON.stringify(readSeed(seed))) as unknown);
    fc.assert(
      fc.property(
        fc.constantFrom(...definitions),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }),
        data,
        (definition, path, value) => {
          const changed = exchanged(definition, path, value);
          survives(() => resolveDefinition(changed as never, { file: "/labs/demo/lab.ts", reader: memory(files) }));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** The data of a seed, before anything is resolved. */
function readSeed(text: string): unknown {
  const source = readYaml(text, "lab.yaml");
  expect(source.errors).toEqual([]);
  return source.data;
}
