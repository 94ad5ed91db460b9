import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Lab } from "../../../src/topology/index.ts";
import { load } from "../../topology/lab-text.ts";
import { openFolder, RunningLab } from "../running-lab.ts";

/*
 * Labs with ways to the outside, on a machine of their own: PID 1 of user, network, mount and PID
 * namespaces, with a link to "outside". Prints what was seen as one JSON object.
 *
 * Argument: the folder of the tests' programs.
 */

const took: Record<string, number> = {};
/** With how long each took, in milliseconds, for whoever wonders. */
const seen: Record<string, unknown> = { took };
const ip = (...argv: string[]) => execFileSync("ip", argv);

async function program(argv: readonly string[]): Promise<void> {
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
}

async function makeMachine(folder: string): Promise<void> {
  const outside = spawn("unshare", ["--net", "sh", "-c", "echo ok; exec sleep 600"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(outside.stdout, "data");
  const there = (...argv: string[]) => ["nsenter", `--net=/proc/${outside.pid}/ns/net`, ...argv] as const;
  const at = (...argv: string[]) => execFileSync("nsenter", there(...argv).slice(1));
  ip("link", "set", "lo", "up");
  ip("link", "add", "wan", "type", "veth", "peer", "name", "eth0", "netns", String(outside.pid));
  ip("address", "add", "203.0.113.2/24", "dev", "wan");
  ip("address", "add", "2001:db8:ff::2/64", "dev", "wan", "nodad");
  ip("link", "set", "wan", "up");
  at("ip", "address", "add", "203.0.113.1/24", "dev", "eth0");
  at("ip", "address", "add", "2001:db8:ff::1/64", "dev", "eth0", "nodad");
  at("ip", "link", "set", "eth0", "up");
  ip("route", "add", "default", "via", "203.0.113.1");
  ip("-6", "route", "add", "default", "via", "2001:db8:ff::1");
  const resolvers = await openFolder("resolvers");
  writeFileSync(join(resolvers, "resolv.conf"), "nameserver 127.0.0.53\n");
  execFileSync("mount", ["--bind", join(resolvers, "resolv.conf"), "/etc/resolv.conf"]);
  // It stays where it is mounted.
  await rm(resolvers, { recursive: true });
  const server = join(folder, "outside-server.ts");
  await program(there(process.execPath, server));
  await program([process.execPath, server, "host"]);
}

const fetchText = "curl -sS -m 20 --noproxy '*'";
const closed = "curl -sS -m 5 --noproxy '*' -o /dev/null";

const first = load(`
name: first
nodes:
  web:
    interfaces: {eth0: 10.0.0.1/24}
    aliases: [www, api.example.lab]
    ports: ["8080:80", "[::1]:8080:80", 80, "5353:53/udp", "0.0.0.0:8082:8000"]
  h: {interfaces: {eth0: {addresses: 10.0.0.9/24, gateway: 10.0.0.254}}}
  gw:
    kind: router
    interfaces: {eth0: 10.0.0.254/24}
    internet: true
    ports: [{port: 80, host: 8090, to: 10.0.0.1}]
  out: {internet: true, allow-host: [tcp/7777]}
  shut: {interfaces: {eth0: 10.0.0.66/24}}
networks: {lan: [web:eth0, h:eth0, gw:eth0, shut:eth0]}
names: {both.lab: [web, h]}
processes:
  site: {node: web, command: [/usr/bin/python3, -m, http.server, "80"], ready: {tcp: 80}}
  inner: {node: web, command: [/usr/bin/python3, -m, http.server, "8000", --bind, 10.0.0.1], ready: {tcp: 8000}}
  echo:
    node: web
    command: [/usr/bin/python3, -c, "import socket\\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\\ns.bind(('0.0.0.0',53))\\nwhile 1:\\n d,a=s.recvfrom(9000)\\n s.sendto(b'echo '+d,a)"]
    ready: {udp: 53}
`);
const second = load(`
name: second
nodes:
  out: {internet: true, ports: ["8091:80"]}
  up: {kind: uplink, interfaces: {eth0: 192.168.7.1/24}}
  pc: {interfaces: {eth0: dhcp}}
  nas: {interfaces: {eth0: 192.168.7.200/24}}
networks: {home: [up, pc, nas]}
`);

/** Until it does not throw, or a generous time is over. */
async function eventually<Value>(attempt: () => Promise<Value>): Promise<Value> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const commands = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return { pid: Number(pid), argv: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") };
      } catch {
        return { pid: Number(pid), argv: "" };
      }
    });
const pidsOf = (pattern: RegExp) =>
  commands()
    .filter(({ argv }) => pattern.test(argv))
    .map(({ pid }) => pid);
const gateOf = (lab: string) => new RegExp(`^\\S+ \\S*gate/main\\.ts ${lab} `);
const isPasta = /^(pasta|\S*\/pasta)/;

const get = async (url: string): Promise<string> => {
  const response = await fetch(url);
  return `${response.status} ${(await response.text()).length > 0}`;
};

async function echoed(text: string): Promise<string> {
  const socket = createSocket("udp4");
  try {
    return await eventually(async () => {
      const answer = once(socket, "message", { signal: AbortSignal.timeout(5_000) });
      socket.send(text, 5353, "127.0.0.1");
      return String((await answer)[0]);
    });
  } finally {
    socket.close();
  }
}

async function tell(name: string, what: () => unknown): Promise<void> {
  const startedAt = Date.now();
  try {
    seen[name] = await what();
  } catch (error) {
    const all = error instanceof AggregateError ? error.errors : [error];
    seen[name] = all
      .map((one) => `${(one as { code?: string }).code ?? "Error"}: ${(one as Error).message}`)
      .join("\n");
  }
  took[name] = Date.now() - startedAt;
}

async function ports(lab: RunningLab): Promise<void> {
  await tell("ports", () => lab.client.ports());
  const any = (await lab.client.ports("web")).find((port) => port.port === 80 && port.hostPort !== 8080)?.hostPort;
  for (const url of ["127.0.0.1:8080", "[::1]:8080", `127.0.0.1:${any}`, "203.0.113.2:8082", "127.0.0.1:8090"])
    await tell(`get ${url.replace(String(any), "any")}`, () => get(`http://${url}/`));
  await tell("elsewhere", () => get("http://203.0.113.2:8080/"));
  await tell("udp", () => echoed("hello"));
}

async function outside(lab: RunningLab, other: RunningLab): Promise<void> {
  const say = (name: string, node: string, line: string, on = lab) =>
    tell(name, async () => (await on.run(node, ["sh", "-c", `exec 2>&1; ${line}`])).stdout.trim());
  await say("out v4", "out", `${fetchText} http://203.0.113.1/`);
  await say("out v6", "out", `${fetchText} 'http://[2001:db8:ff::1]/'`);
  await say("other lab", "out", `${fetchText} http://203.0.113.1/`, other);
  await say("out by an uplink", "pc", `${fetchText} http://site.example/`, other);
  await say("lease of an uplink", "pc", "ip -4 -o address show dev eth0; cat /etc/resolv.conf", other);
  await say("through gw", "h", `${fetchText} http://203.0.113.1/`);
  await say("by name", "out", `${fetchText} http://site.example/`);
  await say("by name through gw", "h", `${fetchText} http://site.example/`);
  const echo =
    "import socket;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(20);s.sendto(b'hi',('203.0.113.1',9999));print(s.recv(99).decode())";
  await say("udp outside", "out", `/usr/bin/python3 -c "${echo}"`);
  await say("names by DNS", "h", "busybox nslookup both.lab 198.19.255.3 | grep ^Address | sort");
  await say("alias", "shut", "getent hosts api.example.lab www both.lab");
  await say("resolv.conf", "h", "cat /etc/resolv.conf");
  await say("no resolv.conf", "shut", "cat /etc/resolv.conf");
  await say("allowed", "out", `${fetchText} http://host.internal:7777/`);
  for (const [name, address] of [
    ["loopback", "127.0.0.1"],
    ["loopback v6", "[::1]"],
    ["host.internal", "host.internal"],
    ["gateway", "198.19.255.2"],
  ] as const)
    await say(`secret at ${name}`, "out", `${closed} http://${address}:7778/; echo $?`);
  const abstract = "import socket;s=socket.socket(socket.AF_UNIX);print(s.connect_ex(b'\\0netwright-secret'))";
  await say("abstract", "out", `/usr/bin/python3 -c "${abstract}"`);
  for (const [name, address] of [
    ["outside", "203.0.113.1:80"],
    ["this machine", "203.0.113.2:8082"],
    ["its loopback", "127.0.0.1:7778"],
  ] as const)
    await say(`shut in from ${name}`, "shut", `${closed} http://${address}/; echo $?`);
}

async function changes(lab: RunningLab): Promise<void> {
  const gates = pidsOf(gateOf("first"));
  // The port moves to another node, another comes; what stays is not made anew.
  const moved: Lab = load(
    `
name: first
nodes:
  web: {interfaces: {eth0: 10.0.0.1/24}, aliases: [www, api.example.lab], ports: ["[::1]:8080:80", "5353:53/udp"]}
  h: {interfaces: {eth0: {addresses: 10.0.0.9/24, gateway: 10.0.0.254}}, internet: true, ports: [{port: 80, host: 8080, to: 10.0.0.1}, "8099:99"]}
  gw: {kind: router, interfaces: {eth0: 10.0.0.254/24}}
  out: {internet: true, allow-host: [tcp/7777]}
networks: {lan: [web:eth0, h:eth0, gw:eth0]}
processes:
  site: {node: web, command: [/usr/bin/python3, -m, http.server, "80"], ready: {tcp: 80}}
`,
  );
  await tell("moved", async () => {
    await lab.client.apply({ lab: moved, digest: "moved" });
    return (await lab.client.ports()).map(({ node, hostPort, to }) => `${node} ${hostPort} ${to ?? ""}`.trim());
  });
  await tell("get moved", () => get("http://127.0.0.1:8080/"));
  await tell("gone", () => get("http://127.0.0.1:8090/"));
  await tell("same gate", () => JSON.stringify(pidsOf(gateOf("first"))) === JSON.stringify(gates));
  const say = (name: string, node: string, line: string) =>
    tell(name, async () => (await lab.run(node, ["sh", "-c", `exec 2>&1; ${line}`])).stdout.trim());
  await say("gw no more", "gw", "ip route show default; ip -br link show dev internet; nft list tables");
  await say(
    "h now itself",
    "h",
    `ip route get 203.0.113.1 | head -1; ${fetchText} --interface internet http://203.0.113.1/`,
  );
}

async function refusals(lab: RunningLab): Promise<void> {
  const withPort = (name: string, ports: string) => load(`name: ${name}\nnodes: {a: {ports: [${ports}]}}`);
  const server = createServer();
  await once(server.listen(8765, "127.0.0.1"), "listening");
  for (const [name, ports] of [
    ["lab", '"8080:80"'],
    ["process", '"8765:80"'],
    ["address", '"192.0.2.77:80:80"'],
  ] as const)
    await tell(`taken by a ${name}`, async () => {
      await using refused = await RunningLab.up(withPort("third", ports));
      return refused.name;
    });
  await tell("apply refused", () =>
    lab.client.apply({ lab: load('name: first\nnodes: {a: {ports: ["8765:80"]}}'), digest: "x" }),
  );
  await tell("as before", () => get("http://127.0.0.1:8080/"));
  server.close();
}

async function mishaps(lab: RunningLab): Promise<void> {
  const ask = () => lab.sh("out", `${fetchText} http://203.0.113.1/`);
  for (const pid of pidsOf(isPasta)) process.kill(pid, "SIGKILL");
  await tell("pasta killed", () => eventually(ask));
  for (const pid of pidsOf(gateOf("first"))) process.kill(pid, "SIGKILL");
  await tell("gate killed", () => eventually(ask));
  await tell("gate killed, port", () => eventually(() => get("http://127.0.0.1:8080/")));
  await tell("gate killed, allowed", () => eventually(() => lab.sh("out", `${fetchText} http://host.internal:7777/`)));
}

try {
  await makeMachine(process.argv[2] as string);
  const before = new Set(commands().map(({ pid }) => pid));
  const left = () =>
    commands()
      .filter(({ pid, argv }) => !before.has(pid) && argv !== "")
      .map(({ argv }) => argv);
  {
    await using lab = await RunningLab.up(first);
    await using other = await RunningLab.up(second);
    await ports(lab);
    await outside(lab, other);
    await changes(lab);
    await refusals(lab);
    await mishaps(lab);
    process.kill((await other.client.summary()).supervisorPid, "SIGKILL");
    await tell("supervisor killed", async () => {
      await eventually(async () => {
        if (pidsOf(gateOf("second")).length > 0) throw new Error("the gate is there");
        // A process that ends has no command line any more before it has closed its sockets.
        const socket = createServer().listen(8091, "127.0.0.1");
        await once(socket, "listening");
        socket.close();
      });
      return "free";
    });
    await lab.down();
  }
  await tell("left", () =>
    eventually(async () => {
      if (left().length > 0) throw new Error(left().join("\n"));
      return [];
    }),
  );
} catch (error) {
  seen["error"] = String((error as Error).stack ?? error);
}
process.stdout.write(JSON.stringify(seen), () => process.exit(0));
