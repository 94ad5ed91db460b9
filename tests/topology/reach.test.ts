import { describe, expect, it } from "vitest";
import { planLines } from "../../src/topology/plan/dry-run.ts";
import { hostEntries } from "../../src/topology/plan/names.ts";
import { plan } from "../../src/topology/plan/plan.ts";
import { printLab } from "../../src/topology/print.ts";
import { pastaArguments } from "../../src/topology/reach/pasta.ts";
import { internetAddresses } from "../../src/topology/reach/reach.ts";
import { codesOf, errorsOf, load, machine } from "./lab-text.ts";

const portsOf = (ports: string) => machine(load(`nodes: {a: {ports: ${ports}}}`), "a").reach?.ports;

describe("ports", () => {
  it.each([
    ["[80]", { protocol: "tcp", address: "127.0.0.1", hostPort: 0, port: 80 }],
    ['["80"]', { protocol: "tcp", address: "127.0.0.1", hostPort: 0, port: 80 }],
    ['["0:80/tcp"]', { protocol: "tcp", address: "127.0.0.1", hostPort: 0, port: 80 }],
    ['["8080:80"]', { protocol: "tcp", address: "127.0.0.1", hostPort: 8080, port: 80 }],
    ['["0.0.0.0:8080:80"]', { protocol: "tcp", address: "0.0.0.0", hostPort: 8080, port: 80 }],
    ['["192.0.2.1:80"]', { protocol: "tcp", address: "192.0.2.1", hostPort: 0, port: 80 }],
    ['["[0:0::1]:8080:80"]', { protocol: "tcp", address: "::1", hostPort: 8080, port: 80 }],
    ['["5353:53/udp"]', { protocol: "udp", address: "127.0.0.1", hostPort: 5353, port: 53 }],
    [
      "[{port: 443, host: 8443, to: 10.0.0.9}]",
      { protocol: "tcp", address: "127.0.0.1", hostPort: 8443, port: 443, to: "10.0.0.9" },
    ],
  ])("%s", (text, port) => expect(portsOf(text)).toEqual([port]));

  it.each([
    '"80:"',
    '"a:80:80"',
    '"8080:80/sctp"',
    '"8080:0"',
    '"70000:80"',
    '"::1:8080:80"',
    '"224.0.0.1:80:80"',
    '"1:2:3:4"',
    "{port: 1, address: here}",
  ])("refuses %s", (text) => expect(codesOf(`nodes: {a: {ports: [${text}]}}`)).toEqual(["PORT_INVALID"]));
  it("refuses a port of this machine for two nodes, or twice", () => {
    expect(codesOf('nodes: {a: {ports: ["80:1"]}, b: {ports: ["80:2"]}}')).toEqual(["PORT_TWICE"]);
    expect(codesOf('nodes: {a: {ports: ["0.0.0.0:80:1"]}, b: {ports: ["80:2"]}}')).toEqual(["PORT_TWICE"]);
    expect(codesOf("nodes: {a: {ports: [80, 80]}}")).toEqual(["GIVEN_TWICE"]);
    load('nodes: {a: {ports: ["80:1", "80:1/udp", "[::1]:80:1", "127.0.0.2:80:1"]}, b: {ports: [80]}}');
  });
  it("are of machines that run programs", () => {
    expect(codesOf('nodes: {s: {kind: switch, ports: ["80:80"]}}')).toEqual(["UNKNOWN_KEY"]);
  });
});

const text = `
name: lab
nodes:
  h: {interfaces: {eth0: {addresses: 10.0.0.1/24, gateway: 10.0.0.254}}, aliases: [www, h]}
  r: {kind: router, interfaces: {eth0: 10.0.0.254/24, eth1: {addresses: 10.1.0.1/24, gateway: 10.1.0.254}}}
  gw: {kind: router, interfaces: {eth0: 10.1.0.254/24}, internet: true, allow-host: [5432, udp/514]}
  own: {internet: true}
  shut: {interfaces: {eth0: 10.2.0.1/24}}
  behind: {interfaces: {eth0: {addresses: 10.2.0.2/24, gateway: 10.2.0.1}}}
networks: {lan: ["h:eth0", "r:eth0"], wan: ["r:eth1", "gw:eth0"], other: [shut, behind]}
names: {all.lab: [h, "r:eth1", 2001:DB8::0:1]}
`;

describe("internet", () => {
  const lab = load(text);
  it("has addresses that the lab leaves free", () => {
    expect(lab.internetPrefixes).toEqual(["198.19.255.0/24", "fd4e:6574:77:ff::/64"]);
    const taken = load("nodes: {a: {internet: true, interfaces: {lo: [198.19.255.9/32, fd4e:6574:77::1/48]}}}");
    expect(taken.internetPrefixes?.[0]).toBe("198.19.254.0/24");
    expect(internetAddresses(["198.19.255.0/24"])[0]).toMatchObject({
      gateway: "198.19.255.2",
      host: "198.19.255.3",
      node: "198.19.255.4",
    });
  });
  it("translates for others on a router, and not on a host", () => {
    expect(machine(lab, "gw").reach).toMatchObject({
      internet: true,
      translate: true,
      hostPorts: [
        { protocol: "tcp", port: 5432 },
        { protocol: "udp", port: 514 },
      ],
    });
    expect(machine(lab, "own").reach?.translate).toBe(false);
    expect(machine(lab, "h").reach).toBeUndefined();
  });
  it("gives name servers to those whose default routes lead there, and to no others", () => {
    const asking = ["h", "r", "gw", "own", "shut", "behind"].filter(
      (name) => machine(lab, name).nameservers !== undefined,
    );
    expect(asking).toEqual(["h", "r", "gw", "own"]);
    expect(machine(lab, "h").nameservers).toEqual(["198.19.255.3", "fd4e:6574:77:ff::3"]);
  });
  it.each([
    ["10.0.0.0/16", "RANGE_CLASH"],
    ["198.18.0.0/30", "RANGE_TOO_SMALL"],
    ["[198.18.0.0/24, 198.18.1.0/24]", "RANGE_TWICE"],
    ["127.0.0.0/24", "PREFIX_RESERVED"],
  ])("refuses the range %s", (range, code) => {
    expect(
      codesOf(`internet: {range: ${range}}\nnodes: {a: {internet: true, interfaces: {eth0: 10.0.7.1/24}}}`),
    ).toEqual([code]);
  });
  it("says whose prefix a range clashes with", () => {
    const [error] = errorsOf(
      "internet: {range: 10.0.0.0/8}\nnodes: {a: {internet: true, interfaces: {eth0: 10.0.7.1/24}}}",
    );
    expect(error?.message).toBe(
      "Outside addresses cannot be given from 10.0.0.0/8: 10.0.7.0/24 (a:eth0) is part of the lab.",
    );
  });
  it("refuses what cannot be", () => {
    expect(codesOf("nodes: {a: {internet: true, interfaces: {internet: 10.0.0.1/24}}}")).toEqual([
      "INTERNET_INTERFACE_TAKEN",
    ]);
    for (const port of ["icmp/1", "tcp/0", "tcp/80/udp", "70000/udp"])
      expect(codesOf(`nodes: {a: {allow-host: ["${port}"]}}`)).toEqual(["HOST_PORT_INVALID"]);
  });
  it("lets pasta pass on no port of either side, and keeps the gateway from being this machine's loopback", () => {
    const argv = pastaArguments("/x", ["198.19.255.0/24"], [4]).join(" ");
    for (const part of [
      "--ipv4-only",
      "--no-map-gw",
      "--tcp-ports none",
      "--udp-ports none",
      "--tcp-ns none",
      "--udp-ns none",
    ])
      expect(argv).toContain(part);
    expect(planLines(plan(lab, undefined)).join("\n")).toContain("reach.set own (+internet by: pasta --foreground");
  });
  it("is printed so that it is the same again", () => expect(load(printLab(lab))).toEqual(lab));
});

describe("names", () => {
  it("lead to every address of what they are for; this machine's is there for who may reach it", () => {
    const entries = hostEntries(load(text));
    expect(entries).toContainEqual({ address: "10.0.0.1", names: ["h", "www"] });
    const of = (name: string) => entries.filter(({ names }) => names.includes(name)).map(({ address }) => address);
    expect(of("all.lab")).toEqual(["10.0.0.1", "10.1.0.1", "2001:db8::1"]);
    expect(of("host.internal")).toEqual(["198.19.255.3", "fd4e:6574:77:ff::3"]);
  });
  it.each([
    ["nodes: {a: {interfaces: {lo: 10.0.0.1/32}}}\nnames: {A: a}", "LAB_NAME_TAKEN"],
    ["nodes: {a: , b: {aliases: a}}", "LAB_NAME_TAKEN"],
    ["nodes: {b: {aliases: host.internal}}", "LAB_NAME_TAKEN"],
    ["nodes: {b: {aliases: no_name}}", "NAME_INVALID"],
    ["nodes: {a: }\nnames: {x: a}", "NAME_LEADS_NOWHERE"],
    ["nodes: {a: }\nnames: {x: c}", "NODE_UNKNOWN"],
  ])("%j is refused", (lab, code) => expect(codesOf(lab)).toEqual([code]));
});
