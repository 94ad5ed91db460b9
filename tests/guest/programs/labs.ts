/**
 * Runs in the guest: labs of an ordinary user, who has a control group of version 2 that was delegated. Prints
 * as JSON what they did. Started as root, it gives that user the group, and starts itself again.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stopLab } from "../../../src/client/index.ts";
import { host, iface, lab, RunningLab } from "../../lab/running-lab.ts";
import { load } from "../../topology/lab-text.ts";

const top = "/sys/fs/cgroup";
const session = `${top}/user/session`;
const uid = 1000;

if (process.getuid?.() === 0) {
  chmodSync("/tmp", 0o1777);
  const mounted = spawnSync("mount", ["-t", "cgroup2", "-o", "nsdelegate", "cgroup2", top], { encoding: "utf8" });
  if (mounted.status !== 0) throw new Error(mounted.stderr);
  for (const folder of [top, `${top}/user`]) {
    mkdirSync(`${folder}/${folder === top ? "user" : "session"}`);
    writeFileSync(`${folder}/cgroup.subtree_control`, "+cpu +memory +pids");
  }
  // As systemd does it for Delegate=yes (cgroup-v2, Delegation).
  for (const file of ["", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control"])
    chownSync(`${session}${file}`, uid, uid);
  writeFileSync(`${session}/cgroup.procs`, String(process.pid));
  const { status } = spawnSync(process.execPath, process.argv.slice(1), {
    uid,
    gid: uid,
    stdio: "inherit",
    cwd: "/tmp",
  });
  process.exit(status ?? 1);
}

const result: Record<string, unknown> = {};
const groups = (folder = session): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name, ...groups(`${folder}/${entry.name}`)] : [],
  );
const eat = (mebibytes: number) => `head -c ${mebibytes}M /dev/zero | tail -c ${mebibytes}M | wc -c`;

const limited = lab("limited", {
  resources: { memoryBytes: 300 * 2 ** 20 },
  nodes: [
    host("h1", [iface("eth0")], { resources: { cpus: 0.5, memoryBytes: 32 * 2 ** 20, processes: 12 } }),
    host("h2", [iface("eth0")]),
  ],
});
{
  const running = await RunningLab.up(limited);
  const run = async (node: string, line: string) => {
    const { stdout, stderr } = await running.run(node, ["sh", "-c", line]);
    return `${stdout}${stderr}`;
  };
  result["eaten"] = [await run("h1", eat(64)), await run("h2", eat(64))];
  const lift = (file: string) =>
    run("h1", `mkdir -p /tmp/c; mount -t cgroup2 none /tmp/c; echo max >/tmp/c/${file}; cat /proc/self/cgroup`);
  result["lifted"] = [await lift("memory.max"), await lift("pids.max")];
  result["group"] = await run("h2", "cat /proc/self/cgroup");
  result["forked"] = await run("h1", "for n in $(seq 30); do sleep 5 & done; wait");
  const deadline = Date.now() + 20_000;
  const events = async () => {
    const seen: string[] = [];
    for await (const { type, subject } of running.client.events())
      if (type === "node.out-of-memory") seen.push(subject);
    return seen;
  };
  while ((await events()).length === 0 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 200));
  result["events"] = await events();
  result["limits"] = (await running.client.node("h1")).limits;
  await running.client.apply({
    lab: { ...limited, nodes: [host("h1", [iface("eth0")], { resources: { memoryBytes: 128 * 2 ** 20 } })] },
    digest: "2",
  });
  result["applied"] = { eaten: await run("h1", eat(64)), groups: groups() };
  await stopLab(running.at, running.name);
  await running[Symbol.asyncDispose]();
  result["left"] = { groups: groups(), own: readFileSync("/proc/self/cgroup", "utf8"), there: existsSync(session) };
}

{
  const text = (blue2: string) => `
name: tenants
nodes:
  red1: {interfaces: {eth0: {addresses: 10.0.0.1/24, mac: 02:00:00:00:0a:01}}}
  red2: {interfaces: {eth0: {addresses: 10.0.0.2/24, mac: 02:00:00:00:0a:02}}}
  red3: {interfaces: {eth0: {addresses: 10.0.0.3/24, mac: 02:00:00:00:0a:03}}}
  blue1: {interfaces: {eth0: {addresses: 10.0.0.1/24, mac: 02:00:00:00:14:01}}}
  blue2: {interfaces: {eth0: {addresses: 10.0.0.2/24, mac: 02:00:00:00:14:02}}}
  s1:
    kind: switch
    driver: bridge
    interfaces: {p1: {vlan: 10}, p2: {vlan: 20}, p3: {trunk: [10, 20]}, p4: {trunk: [10, 20], native: 10}}
  s2: {kind: switch, driver: bridge, interfaces: {p1: {vlan: 10}, p2: {vlan: ${blue2}}, p3: {trunk: all}}}
links: [[red1, s1:p1], [blue1, s1:p2], [s1:p3, s2:p3], [red3, s1:p4], [red2, s2:p1], [blue2, s2:p2]]
`;
  await using running = await RunningLab.up(load(text("20")));
  const answer = async (from: string, address: string) => {
    const line = `ip neigh flush dev eth0; ping -c 2 -i 0.3 -W 2 -q ${address} >/dev/null && ip neigh show ${address}`;
    const { stdout } = await running.run(from, ["sh", "-c", line]);
    return /lladdr (\S+)/.exec(stdout)?.[1] ?? "none";
  };
  result["vlans"] = {
    red: await answer("red1", "10.0.0.2"),
    blue: await answer("blue1", "10.0.0.2"),
    native: await answer("red3", "10.0.0.1"),
    across: await answer("blue1", "10.0.0.3"),
    ports: (await running.client.detail()).nodeStatus
      .find(({ name }) => name === "s1")
      ?.interfaces.map(({ name, vlans }) => `${name} ${vlans}`),
  };
  await running.client.apply({ lab: load(text("30")), digest: "2" });
  result["moved"] = { red: await answer("red1", "10.0.0.2"), blue: await answer("blue1", "10.0.0.2") };
}
process.stdout.write(JSON.stringify(result));
process.exit(0);
