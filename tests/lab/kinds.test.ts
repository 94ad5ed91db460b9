import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadLab } from "../../src/topology/load.ts";
import { RunningLab } from "./running-lab.ts";

/** What comes of each kind of node, seen by its neighbours. */

function load(name: string, text: string) {
  const reader = {
    readText: (path: string) => readFileSync(path, "utf8"),
    readBytes: (path: string) => readFileSync(path),
    stat: () => "file" as const,
  };
  return loadLab(text, { file: join(import.meta.dirname, "lab.yaml"), name, reader }).lab;
}

it("dhcp, dns, firewall, web: leases here and through a relay, names, and what may pass", async () => {
  const office = load(
    "kinds-office",
    `
nodes:
  pc: {interfaces: {eth0: dhcp}}
  printer: {interfaces: {eth0: {addresses: [dhcp, "2001:db8::9/64"]}}}
  far: {interfaces: {eth0: dhcp}}
  relay:
    kind: dhcp-server
    interfaces: {eth0: 10.0.0.3/24, eth1: 10.2.0.1/24}
    relay: [{on: eth1, to: dhcp}]
  dhcp:
    kind: dhcp-server
    interfaces: {eth0: 10.0.0.2/24}
    routes: [{to: 10.2.0.0/24, via: 10.0.0.3}]
    pools:
      - {first: 10.0.0.100, last: 10.0.0.100, gateway: fw, nameservers: dns, domain: office.example, lease: 10m}
      - {first: 10.2.0.50, last: 10.2.0.60, prefix: 10.2.0.0/24, gateway: relay, options: {ntp-server: 10.0.0.2}}
    reservations: [{node: printer, address: 10.0.0.9}]
  dns:
    kind: dns-server
    interfaces: {eth0: 10.0.0.53/24}
    zones: {office.example: {records: {www: {cname: web}, "@": [{txt: hello}, {mx: {to: web}}]}}}
  fw:
    kind: firewall
    interfaces: {eth0: 10.0.0.1/24, eth1: 10.1.0.1/24}
    policy: reject
    allow: [{from: eth0, to: web, protocol: tcp, ports: [80, 8000-8099]}]
    input-policy: drop
    input-allow: [{protocol: icmp}]
  web:
    kind: web
    interfaces: {eth0: {addresses: 10.1.0.80/24, gateway: 10.1.0.1}}
    content: {index.html: "The office\\n", deep/page.html: "A page\\n"}
networks: {lan: ["pc", "printer", "dhcp", "dns", "fw:eth0", "relay:eth0"]}
links: [["fw:eth1", "web"], ["relay:eth1", "far"]]
processes: {other: {node: web, command: [busybox, httpd, -f, -p, "9090", -h, /srv/www], ready: {tcp: 9090}}}
`,
  );
  await using running = await RunningLab.up(office);
  expect(await running.sh("pc", "ip -4 -o addr show eth0")).toMatch(
    /10\.0\.0\.100\/24.*valid_lft 6\d\dsec|10\.0\.0\.100\/24.*valid_lft 5\d\dsec/s,
  );
  expect(await running.sh("pc", "ip route; cat /etc/resolv.conf")).toMatch(
    /default via 10\.0\.0\.1 .*search office\.example\nnameserver 10\.0\.0\.53\n$/s,
  );
  expect(await running.sh("printer", "ip -o addr show eth0")).toMatch(/10\.0\.0\.9\/24.*2001:db8::9\/64/s);
  expect(await running.sh("far", "ip -4 -o addr show eth0; ip route")).toMatch(
    /10\.2\.0\.(5\d|60)\/24.*default via 10\.2\.0\.1/s,
  );
  expect(
    await running.sh("pc", "curl -s http://www.office.example/; curl -s http://web.office.example/deep/page.html"),
  ).toBe("The office\nA page\n");
  const dns = (...words: readonly string[]) => running.run("pc", ["busybox", "nslookup", ...words, "10.0.0.53"]);
  expect((await dns("-type=txt", "office.example")).stdout).toContain('"hello"');
  expect((await dns("-type=mx", "office.example")).stdout).toContain("10 web.office.example");
  expect((await dns("nobody.office.example")).stdout).toContain("NXDOMAIN");
  expect((await dns("example.net")).stdout).toContain("REFUSED");
  // A rejected connection ends at once with "No route to host"; a dropped one by the time it is given.
  expect(await running.run("pc", ["curl", "-sS", "http://10.1.0.80:9090/"])).toMatchObject({ exitCode: 7 });
  expect((await running.run("pc", ["ping", "-c1", "-W5", "10.0.0.1"])).exitCode).toBe(0);
  expect((await running.run("pc", ["ping", "-c1", "-W5", "10.1.0.80"])).stdout).toContain("filtered");
});

it("nat: each preset maps and filters as it says, in both directions", async () => {
  const inside = (name: string, preset: string, outside: string, more = "") => `
  ${name}-nat:
    kind: nat
    preset: ${preset}
    outside: eth1
    interfaces: {eth0: 100.64.0.1/24, eth1: ${outside}/24}
    ${more}
  ${name}-1: {interfaces: {eth0: {addresses: 100.64.0.11/24, gateway: 100.64.0.1}}, files: {/asker.py: {from: programs/asker.py}}}
  ${name}-2: {interfaces: {eth0: {addresses: 100.64.0.12/24, gateway: 100.64.0.1}}, files: {/asker.py: {from: programs/asker.py}}}`;
  const presets = { home: 21, corporate: 22, cgnat: 23, cone: 24, symmetric: 25 } as const;
  const names = Object.keys(presets) as (keyof typeof presets)[];
  const text = `
nodes:${names
    .map((name) =>
      inside(
        name,
        name === "cone" ? "full-cone" : name,
        `203.0.113.${presets[name]}`,
        name === "home" ? "forward-ports: [{port: 8080, to: site, to-port: 80}]" : "",
      ),
    )
    .join("")}
  site: {kind: web, interfaces: {eth0: {addresses: 100.64.0.13/24, gateway: 100.64.0.1}}}
  six: {interfaces: {eth0: {addresses: "2001:db8::6/64", gateway: "2001:db8::1"}}, files: {/asker.py: {from: programs/asker.py}}}
  six-nat: {kind: nat, preset: nat64, outside: eth1, interfaces: {eth0: "2001:db8::1/64", eth1: 203.0.113.26/24}}
  s1: {interfaces: {eth0: 203.0.113.1/24}, files: {/reflector.py: {from: programs/reflector.py}}}
  s2: {interfaces: {eth0: 203.0.113.2/24}, files: {/reflector.py: {from: programs/reflector.py}}}
networks:
  out: [${[...names, "six"].map((name) => `"${name}-nat:eth1"`).join(", ")}, s1, s2]
${names.map((name) => `  ${name}: ["${name}-nat:eth0", ${name}-1, ${name}-2${name === "home" ? ", site" : ""}]`).join("\n")}
links: [["six-nat:eth0", six]]
processes: {reflector: {node: [s1, s2], command: [python3, /reflector.py], ready: {udp: 7001}}}
`;
  const lab = load("kinds-nat", text);
  await using running = await RunningLab.up(lab);
  const ask = async (node: string, port = 7000, ...servers: readonly string[]) => {
    const targets = servers.length > 0 ? servers : ["203.0.113.1", "203.0.113.2"];
    const output = await running.sh(node, `python3 /asker.py ${port} ${targets.join(" ")}`);
    const lines = output.trim().split("\n");
    return { seen: lines.slice(0, -1), from: lines.at(-1) };
  };
  const portOf = (seen: string | undefined) => Number(seen?.split(" ")[1]);

  expect(await ask("home-1")).toEqual({
    seen: ["203.0.113.21 5000", "203.0.113.21 5000"],
    from: "only who was asked",
  });
  // A port forward, from outside and, by the outside address, from inside.
  expect(await running.sh("s1", "curl -s http://203.0.113.21:8080/")).toBe("This is site.\n");
  expect(await running.sh("home-2", "curl -s http://203.0.113.21:8080/")).toBe("This is site.\n");
  // By the inside address there is no way in, even for who knows the route.
  await running.sh("s1", "ip route add 100.64.0.0/24 via 203.0.113.21");
  expect((await running.run("s1", ["curl", "-s", "-m", "1", "http://100.64.0.13/"])).exitCode).not.toBe(0);

  const symmetric = await ask("symmetric-1");
  expect(symmetric.from).toBe("only who was asked");
  expect(symmetric.seen[0]).toMatch(/^203\.0\.113\.25 \d+$/);
  expect(symmetric.seen[0]).not.toBe(symmetric.seen[1]);

  const cone = [await ask("cone-1"), await ask("cone-2")];
  expect(cone[0]).toEqual({ seen: ["203.0.113.24 5000", "203.0.113.24 5000"], from: "other" });
  // The port is taken, whoever is talked to; the second machine has another, and keeps it.
  expect(cone[1]?.from).toBe("other");
  expect(cone[1]?.seen[0]).toBe(cone[1]?.seen[1]);
  expect(cone[1]?.seen[0]).not.toBe(cone[0]?.seen[0]);

  const carrier = [await ask("cgnat-1"), await ask("cgnat-2")];
  for (const [index, { seen, from }] of carrier.entries()) {
    expect(from).toBe("other");
    expect(seen[0]).toBe(seen[1]);
    expect(portOf(seen[0])).toBeGreaterThanOrEqual(1024 + index * 1024);
    expect(portOf(seen[0])).toBeLessThan(1024 + (index + 1) * 1024);
  }

  const office = await ask("corporate-1", 443);
  expect(office.from).toBe("only who was asked");
  expect(office.seen[0]).not.toBe(office.seen[1]);
  expect((await running.run("corporate-1", ["curl", "-sS", "http://203.0.113.1:7000/"])).stderr).toContain(
    "Failed to connect",
  );
  expect((await ask("six", 7000, "2001:db8:64:ff9b::203.0.113.1", "2001:db8:64:ff9b::203.0.113.2")).seen).toEqual([
    expect.stringMatching(/^203\.0\.113\.26 \d+$/),
    expect.stringMatching(/^203\.0\.113\.26 \d+$/),
  ]);
}, 120_000);

it("traffic: servers answer, and a flow arrives", async () => {
  const lab = load(
    "kinds-traffic",
    `
nodes:
  sink: {kind: traffic, iperf3: [5201, 5202], echo: 7}
  source: {kind: traffic, flows: [{to: sink, rate: 5M, protocol: udp}]}
links: [{endpoints: [sink, source], subnet: 10.0.0.0/24}]
`,
  );
  await using running = await RunningLab.up(lab);
  for (const type of ["TCP", "UDP"])
    expect(await running.sh("source", `echo hello | socat -t 5 - ${type}:10.0.0.1:7`)).toBe("hello\n");
  const measured = JSON.parse(await running.sh("source", "iperf3 -c 10.0.0.1 -p 5202 -t 1 -J"));
  expect(measured.end.sum_received.bytes).toBeGreaterThan(0);
  const received = "cat /sys/class/net/eth0/statistics/rx_bytes";
  const before = Number(await running.sh("sink", received));
  await expect.poll(async () => Number(await running.sh("sink", received)) - before).toBeGreaterThan(100_000);
});
