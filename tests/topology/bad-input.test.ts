import { describe, expect, test } from "vitest";
import { renderError } from "../../src/topology/errors/render.ts";
import { errorsOf } from "./lab-text.ts";

/** A mistake each, of the kinds people make; what they are told is in golden/bad-input.txt. */
const cases: readonly (readonly [title: string, text: string])[] = [
  ["an empty file", ""],
  ["a list instead of a map", "- h1\n- h2\n"],
  ["a tab", "nodes:\n\th1:\n"],
  ["a bracket that is not closed", "nodes:\n  h1: { kind: host\nlinks:\n  - [h1, h2]\n"],
  ["a quote that is not closed", 'nodes:\n  h1:\n    hostname: "one\nlinks: []\n'],
  ["a colon that is missing", "nodes:\n  h1\n  h2:\n"],
  ["wrong indentation", "nodes:\n  h1:\n    kind: host\n   root: host\n"],
  ["a variable in brackets without quotes", "nodes:\n  h1: { hostname: ${name} }\n"],
  ["a second document", "nodes: {}\n---\nnodes: {}\n"],
  ["a key twice", "nodes:\n  h1:\n  h2:\n  h1:\n"],
  ["an alias without anchor", "nodes:\n  h1: &base { kind: host }\n  h2: *bsae\n"],
  ["an unknown key at the top", "node:\n  h1:\n"],
  ["an unknown key in a node", "nodes:\n  h1: { interfacs: {} }\n"],
  ["a key of another kind", "nodes:\n  h1: { stp: true }\n  s1: { kind: switch, routes: [] }\n"],
  ["a key in the wrong place", "nodes:\n  h1: { address: 10.0.0.1/24 }\n"],
  ["a wrong kind", "nodes:\n  h1: { kind: ruoter }\n"],
  ["a list for a map", "nodes:\n  - h1\n  - h2\n"],
  ["a text for a number", "nodes:\n  h1: { interfaces: { eth0: { mtu: jumbo } } }\n"],
  ["a text for true or false", "nodes:\n  s1: { kind: switch, stp: yes }\n"],
  ["a number for a duration", "nodes:\n  s1: { kind: switch, ageing: 300 }\n"],
  ["a line for a command", "nodes:\n  h1: { startup: [ip link set lo up] }\n"],
  [
    "addresses that are none",
    "nodes:\n  h1: { interfaces: { eth0: [10.0.0.256/24, 10.0.0.1, 2001:db8::g/64, 10.0.0.1/40] } }\n",
  ],
  [
    "a network's own address and its broadcast address",
    "nodes:\n  h1: { interfaces: { eth0: 10.0.0.0/24, eth1: 10.0.1.255/24 } }\n",
  ],
  [
    "the same address twice on a segment",
    "nodes:\n  h1: { interfaces: { eth0: 10.0.0.1/24 } }\n  h2: { interfaces: { eth0: 10.0.0.1/24 } }\nlinks:\n  - [h1, h2]\n",
  ],
  [
    "the same prefix on two segments",
    "nodes:\n  r1: { kind: router, interfaces: { eth0: 10.0.0.1/24, eth1: 10.0.0.254/24 } }\n  h1:\n  h2:\nlinks:\n  - [r1:eth0, h1]\n  - [r1:eth1, h2]\n",
  ],
  [
    "a subnet that is too small",
    "networks:\n  lan: { subnet: 10.0.0.0/30, members: [h1, h2, h3] }\nnodes: { h1: , h2: , h3: }\n",
  ],
  ["a subnet with host bits", "nodes: { h1: , h2: }\nlinks:\n  - { endpoints: [h1, h2], subnet: 10.0.0.1/24 }\n"],
  ["a gateway elsewhere", "nodes:\n  h1: { interfaces: { eth0: { addresses: 10.0.0.2/24, gateway: 10.0.1.1 } } }\n"],
  [
    "a route that leads nowhere",
    "nodes:\n  h1: { interfaces: { eth0: 10.0.0.2/24 }, routes: [{ to: 10.9.0.0/16, via: 192.0.2.1 }, { to: 10.8.0.0/16 }] }\n",
  ],
  [
    "names that are too long",
    "nodes:\n  h1: { interfaces: { uplink-to-internet: 10.0.0.1/24 } }\n  a-node-with-a-name-that-goes-on-and-on-and-on-for-much-longer-than-dns-allows:\n",
  ],
  ["names with characters that cannot be", 'nodes:\n  web_server:\n  h1: { interfaces: { eth/0: , "eth 1": } }\n'],
  ["names that differ by case only", "nodes:\n  web:\n  Web:\n"],
  ["a network with a node's name", "nodes: { lan: }\nnetworks: { lan: [] }\n"],
  ["an unknown node", "nodes:\n  client:\n  server:\nlinks:\n  - [client, sever]\n  - [client, database]\n"],
  ["an interface used twice", "nodes: { r1: , r2: , r3: }\nlinks:\n  - [r1:eth1, r2:eth1]\n  - [r1:eth1, r3:eth2]\n"],
  ["a link to itself", "nodes: { h1: }\nlinks:\n  - [h1, h1]\n"],
  ["a link with one end and one with three", "nodes: { h1: , h2: , h3: }\nlinks:\n  - [h1]\n  - [h1, h2, h3]\n"],
  ["a link of another form", "nodes: { h1: , h2: }\nlinks:\n  - h1 -> h2\n  - { from: h1, to: h2 }\n"],
  ["a cable in loopback", "nodes: { h1: , h2: }\nlinks:\n  - [h1:lo, h2]\n"],
  [
    "MTUs out of range",
    'nodes:\n  h1: { interfaces: { eth0: { mtu: 40 }, eth1: { mtu: 1000, addresses: "2001:db8::1/64" } } }\n  h2:\nlinks:\n  - { endpoints: [h1:eth0, h2], mtu: 100000 }\n',
  ],
  ["more ports than a bridge takes", "generate:\n  - star: { leaves: 2000 }\n"],
  [
    "switches in a loop",
    "nodes:\n  s1: { kind: switch }\n  s2: { kind: switch }\n  s3: { kind: switch }\nlinks:\n  - [s1, s2]\n  - [s2, s3]\n  - [s3, s1]\n",
  ],
  [
    "missing files",
    "nodes:\n  r1: { kind: router, frr: { from: r1.conf }, files: { /etc/motd: { from: motd } }, mounts: [{ source: ./app, target: /app }] }\n",
  ],
  [
    "processes that wait for each other",
    "nodes: { h1: }\nprocesses:\n  a: { node: h1, command: [a], after: c }\n  b: { node: h1, command: [b], after: a }\n  c: { node: h1, command: [c], after: b }\n",
  ],
  [
    "a process without a node",
    "nodes: { h1: , s1: { kind: switch } }\nprocesses:\n  a: { command: [a] }\n  b: { node: h2, command: [b], after: aa }\n  c: { node: s1, command: [c] }\n",
  ],
  [
    "a generator of absurd size",
    "generate:\n  - star: { leaves: 99999 }\n    template: { center: { kind: router } }\n",
  ],
  ["a pool that is too small", "generate:\n  - ring: { count: 10 }\n    addressing: { links: 10.0.0.0/28 }\n"],
  [
    "a variable that is not there",
    'variables: { clients: 3 }\nnodes:\n  h1: { environment: { N: "${cleints}", H: "${HOME}" } }\n',
  ],
  [
    "a kernel setting of the machine",
    "nodes:\n  h1: { sysctls: { vm.swappiness: 1, net.ipv4.conf.eth0.rp_filter: 0 } }\n",
  ],
  [
    "everything at once",
    "nam: demo\nnodes:\n  h1: { kind: hots, interfaces: { eth0: 10.0.0.300/24 } }\n  h2: { interfaces: { eth0: { addresses: 10.0.0.2/24, gateway: 10.0.9.1 } } }\nlinks:\n  - [h1:eth0, h2:eth0]\n  - [h2:eth0, h3]\nprocesses:\n  web: { node: h1, command: python3 -m http.server }\n",
  ],
];

const rendered = (text: string) =>
  errorsOf(text)
    .map((error) => renderError(error))
    .join("\n\n");

test("golden texts", async () => {
  const sections = cases.map(
    ([title, text]) => `## ${title}\n\n\`\`\`yaml\n${text}\`\`\`\n\n\`\`\`text\n${rendered(text)}\n\`\`\`\n`,
  );
  await expect(`# What people are told\n\n${sections.join("\n")}`).toMatchFileSnapshot("golden/bad-input.txt");
});

describe("every error has a place, an excerpt, a remedy and exit code 2", () => {
  test.each(cases)("%s", (_title, text) => {
    const lines = text.split("\n");
    for (const error of errorsOf(text)) {
      expect(error.exitCode).toBe(2);
      expect(error.remedy).toMatch(/[.?…}]$|: \S/);
      expect(error.message).toMatch(/[.?]$/);
      expect(error.at).toBeDefined();
      const { line = 0, column = 0, length = 0, text: excerpt } = error.at ?? {};
      expect(excerpt).toBe(lines[line - 1]);
      expect(column + length - 1).toBeLessThanOrEqual(Math.max(1, excerpt?.length ?? 0));
    }
  });
});

test("titles are told apart", () => {
  expect(new Set(cases.map(([title]) => title)).size).toBe(cases.length);
});
