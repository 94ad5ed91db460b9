import { describe, expect, test } from "vitest";
import type { ProgramNode } from "../../src/topology/model.ts";
import { phases, plan } from "../../src/topology/plan/index.ts";
import { printLab } from "../../src/topology/print.ts";
import { errorsOf, load, machine } from "./lab-text.ts";

const lab = `
nodes:
  pc: {interfaces: {eth0: {addresses: [dhcp, "2001:db8::9/64"], wait: false}}}
  first: {interfaces: {eth0: dhcp}}
  dhcp:
    kind: dhcp-server
    interfaces: {eth0: 10.0.0.2/24}
    pools: [{first: 10.0.0.100, last: 10.0.0.199, gateway: fw, nameservers: [dns, 192.0.2.1], domain: lab.example, options: {42: 10.0.0.2}}]
    reservations: [{node: pc, address: 10.0.0.9}, {mac: "02:00:00:00:00:07", address: 10.0.0.7}]
  dns:
    kind: dns-server
    interfaces: {eth0: 10.0.0.53/24}
    zones:
      lab.example:
        records:
          www: {cname: web}
          _http._tcp: {srv: {to: web, port: 80}}
          "@": [{txt: "v=$\${x}"}, {mx: {to: web, preference: 5}}, 10.0.0.53]
      empty.example: {nodes: false}
    forward: [{to: 192.0.2.53, zone: example.net}, web]
  fw:
    kind: firewall
    interfaces: {eth0: 10.0.0.1/24, eth1: [10.1.0.1/24, "2001:db8:1::1/64"]}
    policy: reject
    allow:
      - {from: eth0, to: web, protocol: tcp, ports: [80, 8000-8099]}
      - {from: 10.0.0.0/24, protocol: icmp}
      - {to: "2001:db8:1::80"}
    input-policy: drop
  own: {kind: firewall, rules: {from: own.nft}}
  web: {kind: web, interfaces: {eth0: [10.1.0.80/24, "2001:db8:1::80/64"]}, content: {a/b.html: {from: page.html}}, port: 8080}
  files: {kind: web, folder: site}
  cone: {kind: nat, preset: full-cone, interfaces: {eth0: 10.3.0.1/24, eth1: {addresses: 192.0.2.9/24, gateway: 192.0.2.1}}, forward-ports: [{port: 53, protocol: udp, to: 10.3.0.3, to-port: 5353}]}
  cgnat: {kind: nat, preset: cgnat, outside: eth1, interfaces: {eth0: 100.64.0.1/30, eth1: 192.0.2.10/24}, ports-per-subscriber: 4096}
  six: {kind: nat, preset: nat64, outside: eth1, interfaces: {eth0: "2001:db8:3::1/64", eth1: 192.0.2.11/24}}
  load: {kind: traffic, iperf3: 5201, echo: [7], flows: [{to: web, protocol: udp, rate: 10M, duration: 5s, streams: 2, reverse: true}]}
  up: {kind: uplink, interfaces: {eth0: 10.4.0.1/29, eth1: [10.5.0.1/24, "2001:db8:5::1/64"]}}
  inner: {interfaces: {eth0: 10.4.0.4/29}}
  plain: {kind: uplink, dhcp: false, internet: false, interfaces: {eth0: 10.6.0.1/24}}
networks: {lan: [pc, first, dhcp, dns, "fw:eth0"], dmz: [web, "fw:eth1"]}
`;
const files = {
  "/labs/demo/own.nft": "table inet mine {}\n",
  "/labs/demo/page.html": "<p>A page\n",
  "/labs/demo/site/": "",
};

test("the same lab comes out of what is printed of a lab", () => {
  const resolved = load(lab, { files });
  const printed = printLab(resolved);
  expect(load(printed, { files: { "/labs/demo/site/": "" }, name: resolved.name })).toEqual(resolved);
});

test("each kind's configuration, services and settings", async () => {
  const resolved = load(lab, { files });
  const shown = resolved.nodes.flatMap((node) => {
    const { role, mounts, sysctls } = node as ProgramNode;
    if (role === undefined) return [];
    const { files: made, services, setup, config, programs } = role.software;
    return [
      `## ${node.name}, a ${role.kind}\n`,
      `needs ${programs.map((one) => `${one.name} (${one.package})`).join(", ")}\n`,
      ...made.map(({ path, contentBase64 }) => `${path}:\n${Buffer.from(contentBase64, "base64").toString()}\n`),
      ...services.map((service) => `service ${JSON.stringify(service)}\n`),
      ...setup.map((one) => `set-up ${JSON.stringify(one)}\n`),
      `configuration ${JSON.stringify(config)}\n`,
      ...(mounts.length > 0 ? [`mounts ${JSON.stringify(mounts)}\n`] : []),
      ...(Object.keys(sysctls).length > 0 ? [`sysctls ${JSON.stringify(sysctls)}\n`] : []),
    ];
  });
  await expect(shown.join("\n")).toMatchFileSnapshot("golden/kinds.txt");
});

test("who asks for an address starts after who may give it, and starts anew only for what is new to it", () => {
  const resolved = load(lab, { files });
  const starting = phases(plan(resolved, undefined)).find(({ title }) => title.startsWith("Start"));
  expect(starting?.items.map(({ subject }) => subject)).toEqual([
    "pc",
    "dhcp",
    "dns",
    "fw",
    "own",
    "web",
    "files",
    "cone",
    "cgnat",
    "six",
    "load",
    "up",
    "plain",
    "first",
  ]);
  const renamed = load(lab.replace("www: {cname: web}", "web2: {cname: web}"), { files });
  expect(plan(renamed, resolved).map((step) => step.do)).toEqual(["node.stop", "node.configure", "node.start"]);
  const other = load(lab.replace("kind: dns-server", "kind: host").replace(/ {4}zones:[\s\S]*?(?= {2}fw:)/, ""), {
    files,
  });
  expect(machine(other, "dns").role).toBeUndefined();
});

describe("what people are told", () => {
  const node = (text: string) => `nodes: {n: ${text}, web: {interfaces: {eth0: 10.9.0.2/24}}, m: {}}`;
  const mistakes: readonly (readonly [string, string])[] = [
    ["an uplink without an address", node("{kind: uplink}")],
    ["an unknown kind", node("{kind: firewal}")],
    ["a key of another kind", node("{kind: web, pools: []}")],
    ["a misspelt key", node("{kind: web, prot: 80}")],
    ["an end that is nothing", node("{kind: firewall, allow: [{from: wbe}, {to: 10.0.0}]}")],
    ["ports without a protocol", node("{kind: firewall, allow: [{ports: 80}]}")],
    ["a port that is none", node("{kind: firewall, allow: [{protocol: tcp, ports: http}]}")],
    ["ends of different families", node('{kind: firewall, allow: [{from: 10.0.0.0/8, to: "2001:db8::/64"}]}')],
    ["rules and keys", node("{kind: firewall, policy: drop, rules: x}")],
    ["a node without an address", node("{kind: firewall, allow: [{to: m}]}")],
    ["no outside", node("{kind: nat, interfaces: {eth0: 10.0.0.1/24}}")],
    ["an outside that is not there", node("{kind: nat, outside: wan0, interfaces: {eth0: 10.0.0.1/24, eth1: }}")],
    ["nothing inside", node("{kind: nat, outside: eth0, interfaces: {eth0: 10.0.0.1/24}}")],
    ["a key of another preset", node("{kind: nat, outside: eth1, prefix: x, interfaces: {eth0: , eth1: }}")],
    ["a carrier without an address", node("{kind: nat, preset: cgnat, outside: eth1, interfaces: {eth0: , eth1: }}")],
    [
      "a NAT64 prefix of IPv4",
      node("{kind: nat, preset: nat64, prefix: 10.0.0.0/8, outside: eth1, interfaces: {eth0: , eth1: }}"),
    ],
    [
      "a reserved NAT64 prefix",
      node('{kind: nat, preset: nat64, prefix: "64:ff9b:1::/96", outside: eth1, interfaces: {eth0: , eth1: }}'),
    ],
    [
      "a pool elsewhere",
      node("{kind: dhcp-server, interfaces: {eth0: 10.0.0.1/24}, pools: [{first: 10.1.0.1, last: 10.1.0.9}]}"),
    ],
    [
      "a pool backwards",
      node("{kind: dhcp-server, interfaces: {eth0: 10.0.0.1/24}, pools: [{first: 10.0.0.9, last: 10.0.0.3}]}"),
    ],
    [
      "a lease too short",
      node(
        "{kind: dhcp-server, interfaces: {eth0: 10.0.0.1/24}, pools: [{first: 10.0.0.3, last: 10.0.0.9, lease: 5s}]}",
      ),
    ],
    ["nothing to serve", node("{kind: dhcp-server}")],
    [
      "a reservation for who does not ask",
      node(
        "{kind: dhcp-server, pools: [{first: 10.0.0.3, last: 10.0.0.9, prefix: 10.0.0.0/24}], reservations: [{node: web, address: 10.0.0.4}]}",
      ),
    ],
    ["a relay nowhere", node("{kind: dhcp-server, relay: [{on: eth7, to: web}]}")],
    [
      "a line break in a value",
      node(
        '{kind: dhcp-server, pools: [{first: 10.0.0.3, last: 10.0.0.9, prefix: 10.0.0.0/24, domain: "a\\ndhcp-script=/bin/sh"}]}',
      ),
    ],
    ["a zone that is no name", node('{kind: dns-server, zones: {"a b": }}')],
    ["a record of two types", node("{kind: dns-server, zones: {a.example: {records: {x: {cname: y, txt: z}}}}}")],
    ["a text with a quote", node("{kind: dns-server, zones: {a.example: {records: {x: {txt: 'a\"b'}}}}}")],
    ["nothing to answer", node("{kind: dns-server}")],
    ["a path out of the server's folder", node("{kind: web, content: {../../etc/passwd: x}}")],
    ["a folder that is not there", node("{kind: web, folder: site}")],
    ["a file that is not there", node("{kind: web, content: {index.html: {from: page}}}")],
    ["a rate that is none", node("{kind: traffic, flows: [{to: web, rate: fast}]}")],
    ["a flow to nobody", node("{kind: traffic, flows: [{to: nobody}]}")],
    ["a gateway beside DHCP", node("{interfaces: {eth0: {addresses: dhcp, gateway: 10.0.0.1}}}")],
    ["nothing to wait for", node("{interfaces: {eth0: {addresses: 10.0.0.1/24, wait: true}}}")],
    ["a vendor's image that is nowhere", node("{kind: arista-ceos}")],
    ["a configuration that is not read", node("{kind: keysight-ixia-c, config: x}")],
    ["DHCP on loopback", node("{interfaces: {lo: dhcp}}")],
    ["DHCP on a port", "nodes: {n: {kind: switch, interfaces: {p1: {addresses: dhcp}}}}"],
  ];
  test("of each mistake", async () => {
    const told = mistakes.map(([what, text]) => {
      const errors = errorsOf(text).map(
        ({ code, message, remedy, at }) => `${at?.line}:${at?.column} ${code} ${message}\n    ${remedy}`,
      );
      return `${what}\n  ${errors.join("\n  ")}\n`;
    });
    await expect(told.join("\n")).toMatchFileSnapshot("golden/kind-mistakes.txt");
  });
});

test("the container that each vendor's kind asks for", async () => {
  const kinds = [
    "arista-ceos",
    "nokia-srlinux",
    "cisco-xrd",
    "juniper-crpd",
    "juniper-cptx",
    "drivenets-cdnos",
    "sonic-vs",
    "frr-container",
    "vyos",
    "openconfig-lemming",
    "keysight-ixia-c",
  ];
  const text = `
nodes:
${kinds.map((kind, index) => `  n${index}: {kind: ${kind}${/frr|srl|lemming|ixia/.test(kind) ? "" : `, image: "${kind}:1"`}${/lemming|ixia/.test(kind) ? "" : ", config: hostname here"}}`).join("\n")}
links: [${kinds.map((_, index) => `[n${index}, n${(index + 1) % kinds.length}]`).join(", ")}]
`;
  const resolved = load(text);
  const printed = printLab(resolved);
  expect(load(printed, { name: resolved.name })).toEqual(resolved);
  const shown = resolved.nodes.map((node) => {
    const { engine, image, environment, interfaces, role } = node as ProgramNode;
    const { software, container } = role ?? {};
    const files = software?.files.map(({ path }) => path);
    const ready = software?.setup.map(({ command }) => command);
    return `## ${role?.kind}\n\n${JSON.stringify({ engine, image, environment, interfaces: interfaces.map(({ name }) => name), container, files, ready }, null, 2)}\n`;
  });
  await expect(shown.join("\n")).toMatchFileSnapshot("golden/vendors.txt");
});

test("an uplink has a way to the internet, unless it says that it has none", () => {
  const resolved = load(lab, { files });
  const ways = (name: string) => (resolved.nodes.find((node) => node.name === name) as ProgramNode).reach;
  expect(ways("up")).toMatchObject({ internet: true, translate: true });
  expect(ways("plain")).toBeUndefined();
});
