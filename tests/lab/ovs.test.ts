import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Locations, listLabs, startLab } from "../../src/client/index.ts";
import type { LogSink } from "../../src/lab/log-store.ts";
import { OvsDaemons } from "../../src/lab/panel/ovs/daemons.ts";
import { readCapture } from "../../src/testing/packets/index.ts";
import { load } from "../topology/lab-text.ts";
import { openFolder, RunningLab } from "./running-lab.ts";

const patience = { timeout: 60_000, interval: 100 };
const missing = spawnSync("ovs-vswitchd", ["--version"], {
  env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
}).error;
const skipWithout = (context: { skip(why: string): void }) => {
  if (missing !== undefined) context.skip("Open vSwitch is not installed here");
};

/** Whether ARP and ICMP get there and back, with nothing remembered from before. */
const reaches = async (running: RunningLab, from: string, address: string, tries = 2): Promise<boolean> => {
  const line = `ip neigh flush dev eth0; ping -c ${tries} -i 0.2 -W 1 -q ${address}`;
  return (await running.run(from, ["sh", "-c", line])).exitCode === 0;
};
const eventually = (running: RunningLab, from: string, address: string) =>
  expect.poll(() => reaches(running, from, address), patience).toBe(true);

describe("VLANs on Open vSwitch", () => {
  const trunk = "s1:p3 — s2:p3";
  const text = (more = "", red2 = 10) => `
name: tenants
nodes:
  red1: {interfaces: {eth0: {addresses: 10.0.0.1/24, mac: 02:00:00:00:0a:01}}}
  red2: {interfaces: {eth0: {addresses: 10.0.0.2/24, mac: 02:00:00:00:0a:02}}}
  red3: {interfaces: {eth0: {addresses: 10.0.0.3/24, mac: 02:00:00:00:0a:03}}}
  blue1: {interfaces: {eth0: {addresses: 10.0.0.1/24, mac: 02:00:00:00:14:01}}}
  blue2: {interfaces: {eth0: {addresses: 10.0.0.2/24, mac: 02:00:00:00:14:02}}}
  watch:
  s1:
    kind: switch
    driver: ovs
    interfaces: {p1: {vlan: 10}, p2: {vlan: 20}, p3: {trunk: [10, 20]}, p4: {trunk: [10, 20], native: 10}, p5: {vlan: 99}}
    mirrors: [{from: p3, direction: out, to: p5}]
  s2: {kind: switch, driver: ovs, interfaces: {p1: {vlan: ${red2}}, p2: {vlan: 20}, p3: {trunk: [10, 20]}}}
links: [[red1, s1:p1], [blue1, s1:p2], [s1:p3, s2:p3], [red3, s1:p4], [watch, s1:p5], [red2, s2:p1], [blue2, s2:p2]]
${more}`;
  let running: RunningLab;
  beforeAll(async () => {
    running = await RunningLab.up(load(text()));
  });
  afterAll(() => running[Symbol.asyncDispose]());

  const apply = (changed: string) => running.client.apply({ lab: load(changed), digest: "changed" });
  const neighbour = async (node: string, address: string) => {
    const known = JSON.parse(await running.sh(node, "ip -j neigh")) as { dst: string; lladdr?: string }[];
    return known.find(({ dst }) => dst === address)?.lladdr;
  };

  it("two tenants with the same addresses each reach their own and nobody else", async () => {
    for (const [tenant, number] of [
      ["red", "0a"],
      ["blue", "14"],
    ] as const) {
      await eventually(running, `${tenant}1`, "10.0.0.2");
      expect(await neighbour(`${tenant}1`, "10.0.0.2")).toBe(`02:00:00:00:${number}:02`);
    }
    // Untagged at a trunk: the native VLAN is red's.
    await eventually(running, "red3", "10.0.0.1");
    expect(await neighbour("red3", "10.0.0.1")).toBe("02:00:00:00:0a:01");
    expect(await reaches(running, "blue1", "10.0.0.3")).toBe(false);
  });

  it("frames are tagged on the trunk, plain at an access port, and copied by the mirror", async () => {
    const targets = ["s1:p3", "red2:eth0", "watch:eth0"];
    const { id } = await running.client.startCapture({ targets, file: "tagged.pcapng" });
    await eventually(running, "red1", "10.0.0.2");
    await eventually(running, "blue1", "10.0.0.2");
    await running.client.stopCapture(id);
    const { packets } = await readCapture(join(running.at.state, running.name, "logs/captures/tagged.pcapng"));
    const at = (name: string) =>
      packets.filter((one) => one.interface === name && one.layers.some(({ layer }) => layer === "icmp"));
    const vlans = (name: string) =>
      [
        ...new Set(
          at(name).map(({ layers }) => layers.flatMap((one) => (one.layer === "vlan" ? [one.id] : [])).join()),
        ),
      ].sort();
    expect(vlans("s1:p3")).toEqual(["10", "20"]);
    expect(vlans("red2:eth0")).toEqual([""]);
    expect(at("watch:eth0").length).toBeGreaterThanOrEqual(4);
  });

  it("says in ps and inspect what the ports are, and what was learnt in which VLAN", async () => {
    const { nodeStatus } = await running.client.detail();
    const s1 = nodeStatus.find(({ name }) => name === "s1");
    expect(s1).toMatchObject({ kind: "switch", driver: "ovs", state: "none" });
    expect(s1?.interfaces.map(({ name, vlans }) => `${name} ${vlans}`)).toEqual([
      "p1 vlan 10",
      "p2 vlan 20",
      "p3 trunk 10,20",
      "p4 trunk 10,20 native 10",
      "p5 vlan 99",
    ]);
    const { kernel } = await running.client.node("s1");
    expect(kernel["forwarding"]).toContainEqual(
      expect.objectContaining({ mac: "02:00:00:00:14:02", port: "p3", vlan: 20 }),
    );
    expect(kernel["ports"]).toContainEqual(expect.objectContaining({ port: "p4", ofport: 4, link_state: "up" }));
  });

  it.each([
    ["ports and cords", {}],
    ["a wire between the switches", { medium: "wire" }],
    ["queues of the kernel", { ab: { rateBps: 1e9 }, ba: { rateBps: 1e9 } }],
  ] as const)("is partitioned, and carries TCP through %s", async (_, change) => {
    await running.client.impairLink(trunk, change);
    const iperf = "iperf3 -c 10.0.0.2 -t 1 -J";
    await running.sh("red2", "iperf3 -s -1 -D >/dev/null");
    const { stdout } = await running.run("red1", [
      "sh",
      "-c",
      `for n in $(seq 300); do ${iperf} >/tmp/iperf && cat /tmp/iperf && exit; sleep 0.1; done`,
    ]);
    // A checksum that nobody made, or a super-frame that nobody cut, would let next to nothing through.
    expect(JSON.parse(stdout).end.sum_received.bits_per_second).toBeGreaterThan(10e6);
    await running.client.partition(["split", "red1", "red3", "--", "red2"]);
    expect(await reaches(running, "red1", "10.0.0.2")).toBe(false);
    await eventually(running, "red3", "10.0.0.1");
    await running.client.partition(["heal"]);
    await eventually(running, "red1", "10.0.0.2");
    await running.client.impairLink(trunk, { ab: {}, ba: {}, medium: "auto" });
  });

  it("loses and regains carrier, ports and VLANs while it runs", async () => {
    await running.client.setLink("red2:eth0 — s2:p1", "down");
    await expect.poll(() => running.sh("red2", "cat /sys/class/net/eth0/carrier"), patience).toBe("0\n");
    expect(await reaches(running, "red1", "10.0.0.2")).toBe(false);
    await running.client.setLink("red2:eth0 — s2:p1", "up");
    await eventually(running, "red1", "10.0.0.2");
    await running.client.setLink(trunk, "down");
    expect(await reaches(running, "red1", "10.0.0.2")).toBe(false);
    await running.client.setLink(trunk, "up");
    await eventually(running, "red1", "10.0.0.2");
    // red2's port becomes one of a VLAN that nobody else is in.
    await apply(text("", 30));
    expect(await reaches(running, "red1", "10.0.0.2")).toBe(false);
    await apply(text());
    await eventually(running, "red1", "10.0.0.2");
    await running.client.removeLink("red3:eth0 — s1:p4");
    expect(await reaches(running, "red3", "10.0.0.1")).toBe(false);
    await running.client.addLink({ endpoints: ["red3:eth0", "s1:p4"] });
    await eventually(running, "red3", "10.0.0.1");
  });

  it("is missed when it dies: its nodes fail, changes are refused, and down is as quick as ever", async () => {
    const daemons = pidsOf("ovs-vswitchd", `/${running.name}/`);
    expect(daemons).toHaveLength(1);
    process.kill(daemons[0] as number, "SIGKILL");
    const failed = async () => {
      const { nodeStatus } = await running.client.detail();
      return nodeStatus.filter(({ state }) => state === "failed").map(({ name }) => name);
    };
    await expect.poll(failed, patience).toEqual(["s1", "s2"]);
    const told = async () =>
      (await Array.fromAsync(running.client.events())).flatMap(({ type, subject }) =>
        type === "node.failed" ? [subject] : [],
      );
    await expect.poll(told, patience).toEqual(["s1", "s2"]);
    await expect(apply(text("", 30))).rejects.toThrow("Open vSwitch no longer runs (ovs-vswitchd ended: SIGKILL)");
    await running.down();
    expect(pidsOf("ovs", `/${running.name}/`)).toEqual([]);
  });
});

/** Of processes of this user by what their command lines begin with and hold. */
function pidsOf(program: string, holding: string): readonly number[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return line.startsWith(program) && line.includes(holding) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

describe("Open vSwitch", () => {
  beforeEach(skipWithout);

  it("breaks a loop with RSTP, and finds the other way when a link is cut", async () => {
    const links = "[h1, s1:p1], [h2, s2:p1], [s1:p2, s2:p2], [s2:p3, s3:p2], [s3:p3, s1:p3]";
    const switches = ["s1", "s2", "s3"].map((name) => `${name}: {kind: switch, driver: ovs, rstp: true}`).join("\n  ");
    const hosts = "h1: {interfaces: {eth0: 10.0.0.1/24}}\n  h2: {interfaces: {eth0: 10.0.0.2/24}}";
    await using running = await RunningLab.up(load(`name: loop\nnodes:\n  ${hosts}\n  ${switches}\nlinks: [${links}]`));
    await eventually(running, "h1", "10.0.0.2");
    const states = async () => {
      const all = await Promise.all(["s1", "s2", "s3"].map((name) => running.client.node(name)));
      return all.flatMap(({ kernel }) =>
        (kernel["ports"] as { rstp?: { rstp_port_state?: string } }[]).map(({ rstp }) => rstp?.rstp_port_state),
      );
    };
    await expect.poll(async () => (await states()).filter((state) => state === "Discarding"), patience).toHaveLength(1);
    const received = async () => Number(await running.sh("h2", "cat /sys/class/net/eth0/statistics/rx_packets"));
    const before = await received();
    await running.sh("h1", "ping -b -c 3 -i 0.2 -W 1 10.0.0.255 >/dev/null || true");
    // In a loop a broadcast would come back thousands of times by now.
    expect((await received()) - before).toBeLessThan(100);
    await running.client.setLink("s1:p2 — s2:p2", "down");
    await eventually(running, "h1", "10.0.0.2");
  });

  it("forwards as flows say, told by a file or changed live, and says where one is wrong", async () => {
    const text = (flows: string) => `
name: flows
nodes:
  h1: {interfaces: {eth0: 10.0.0.1/24}}
  h2: {interfaces: {eth0: 10.0.0.2/24}}
  h3: {interfaces: {eth0: 10.0.0.3/24}}
  s1: {kind: switch, driver: ovs, flows: ${flows}}
links: [[h1, s1:p1], [h2, s1:p2], [h3, s1:p3]]`;
    const files = {
      "/labs/demo/flows.txt": "# h1 and h2 do not talk\nin_port=1,dl_type=0x0800,nw_dst=10.0.0.2,actions=drop\n",
    };
    const fromFile = load(text("{from: flows.txt}"), { files });
    await using running = await RunningLab.up(fromFile);
    await eventually(running, "h1", "10.0.0.3");
    expect(await reaches(running, "h1", "10.0.0.2")).toBe(false);
    const wrong = load(text('"priority=1,actions=NORMAL\\nin_port=1,actions=outptu:2\\n"'));
    const refused = expect.objectContaining({ code: "FLOWS_REFUSED", message: expect.stringContaining("line 2:") });
    await expect(running.client.apply({ lab: wrong, digest: "wrong" })).rejects.toEqual(refused);
    expect(await reaches(running, "h1", "10.0.0.2")).toBe(false);
    await running.client.apply({ lab: load(text('"in_port=3,actions=drop"')), digest: "other" });
    await eventually(running, "h1", "10.0.0.2");
    expect(await reaches(running, "h1", "10.0.0.3")).toBe(false);
    await expect(RunningLab.up({ ...wrong, name: "wrong" })).rejects.toMatchObject({
      code: "FLOWS_REFUSED",
      message: expect.stringMatching(/The flows of s1 are refused: line 2: .*outptu[\s\S]*in_port=1,actions=outptu:2/),
    });
  });

  it("does what a controller on a node says, and nothing without it", async () => {
    const program = readFileSync(join(import.meta.dirname, "programs/openflow_controller.py"), "utf8");
    const text = `
name: controlled
nodes:
  h1: {interfaces: {eth0: 10.0.0.1/24}}
  h2: {interfaces: {eth0: 10.0.0.2/24}}
  c1: {files: {/root/controller.py: {content: ${JSON.stringify(program)}}}}
  s1: {kind: switch, driver: ovs, controller: c1, openflow: "1.0", fail-mode: secure}
links: [[h1, s1:p1], [h2, s1:p2]]
processes:
  controller: {node: c1, command: [python3, /root/controller.py]}`;
    await using running = await RunningLab.up(load(text));
    await eventually(running, "h1", "10.0.0.2");
    const kernel = async () => (await running.client.node("s1")).kernel;
    const connected = [expect.objectContaining({ is_connected: true })];
    await expect.poll(async () => (await kernel())["controllers"], patience).toEqual(connected);
    const { datapath_id: dpid } = (await kernel())["bridge"] as { datapath_id: string };
    const said = async () =>
      (await Array.fromAsync(running.client.logs({ of: "controller" }))).map(({ text: line }) => line);
    await expect.poll(said, patience).toContain(`switch ${dpid}`);
    await running.client.actOnNode("c1", "kill");
    await expect.poll(() => reaches(running, "h1", "10.0.0.2", 1), patience).toBe(false);
    await running.client.actOnNode("c1", "start");
    await eventually(running, "h1", "10.0.0.2");
  });

  it("bonds links with LACP, and lives on the one that is left", async () => {
    const bond = "bonds: {up: {ports: [p1, p2], lacp: active, trunk: [10]}}, interfaces: {p3: {vlan: 10}}";
    const text = `
name: bonded
nodes:
  h1: {interfaces: {eth0: 10.0.0.1/24}}
  h2: {interfaces: {eth0: 10.0.0.2/24}}
  s1: {kind: switch, driver: ovs, ${bond}}
  s2: {kind: switch, driver: ovs, ${bond}}
links: [[s1:p1, s2:p1], [s1:p2, s2:p2], [h1, s1:p3], [h2, s2:p3]]`;
    await using running = await RunningLab.up(load(text));
    const current = async () => {
      const { kernel } = await running.client.node("s1");
      return (kernel["ports"] as { port: string; lacp_current: unknown }[])
        .filter(({ lacp_current: lacp }) => lacp === true)
        .map(({ port }) => port);
    };
    await expect.poll(current, patience).toEqual(["p1", "p2"]);
    await eventually(running, "h1", "10.0.0.2");
    for (const [cut, other] of [
      ["s1:p1 — s2:p1", "s1:p2 — s2:p2"],
      ["s1:p2 — s2:p2", "s1:p1 — s2:p1"],
    ] as const) {
      await running.client.setLink(cut, "down");
      await running.client.setLink(other, "up");
      await eventually(running, "h1", "10.0.0.2");
    }
    const { kernel } = await running.client.node("s1");
    expect(kernel["bonds"]).toEqual([expect.objectContaining({ bond: "up", lacp: "active", mode: "balance-tcp" })]);
  });

  it("says so when it is not there, or does not start", async () => {
    const folder = await openFolder("ovs");
    const log = { lastLines: () => ["it cannot"], write: () => true } as unknown as LogSink;
    const start = (path: string) => {
      vi.stubEnv("PATH", path);
      return new OvsDaemons({ folder, openLog: () => log, ended: () => undefined }).start("s1");
    };
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    });
    await expect(start("/nonexistent")).rejects.toMatchObject({
      code: "OVS_MISSING",
      message: expect.stringContaining("Switch s1"),
      remedy: expect.stringContaining("openvswitch-switch"),
    });
    for (const program of ["ovsdb-tool", "ovsdb-server"])
      await writeFile(join(folder, program), `#!/bin/sh\ncase $0 in *server) exit 7;; esac\n`, { mode: 0o755 });
    await expect(start(`${folder}:/usr/bin:/bin`)).rejects.toMatchObject({
      code: "OVS_NOT_STARTED",
      message: expect.stringMatching(/ovsdb-server ended: exit code 7|ovsdb-server exit code 7[\s\S]*it cannot/),
    });
  });
});

describe("nothing is left of Open vSwitch", () => {
  const two = load(`
name: emptied
nodes: {h1: , h2: , s0: {kind: switch}, s1: {kind: switch, driver: ovs}}
links: [[h1, s0:p1], [h2, s1:p1], [s0:p2, s1:p2]]
`);
  let folder = "";
  let locations: Locations;
  beforeEach(async () => {
    folder = await openFolder("ovs");
    locations = { runtime: join(folder, "run"), state: join(folder, "state"), cache: join(folder, "cache") };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const up = (environment: Readonly<Record<string, string | undefined>>) =>
    startLab({ lab: two, locations, environment, digest: "test" });
  /** Of processes in the user namespace of a lab, what each is called. */
  const inside = (user: string) =>
    readdirSync("/proc").flatMap((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/ns/user`) === user ? [readFileSync(`/proc/${pid}/comm`, "utf8").trim()] : [];
      } catch {
        return [];
      }
    });

  it("when it does not start: a clear error, and the lab is undone", async () => {
    const programs = join(folder, "programs");
    await mkdir(programs);
    for (const [name, line] of [
      ["ovsdb-tool", "exit 0"],
      ["ovsdb-server", "echo no room for a database >&2; exit 7"],
      ["ovs-vsctl", "exit 0"],
      ["ovs-vswitchd", "exit 0"],
    ])
      await writeFile(join(programs, name ?? ""), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    await expect(up({ ...process.env, PATH: `${programs}:${process.env["PATH"]}` })).rejects.toMatchObject({
      code: "OVS_NOT_STARTED",
      message: expect.stringMatching(/did not start[\s\S]*exit code 7[\s\S]*no room for a database/),
    });
    expect(readdirSync(locations.runtime)).toEqual([]);
    expect(await listLabs(locations)).toEqual([]);
  });

  it("after kill -9 of the supervisor", async (context) => {
    skipWithout(context);
    const { summary } = await up(process.env);
    const user = readlinkSync(`/proc/${summary.supervisorPid}/ns/user`);
    expect(inside(user)).toEqual(expect.arrayContaining(["ovsdb-server", "ovs-vswitchd"]));
    process.kill(summary.supervisorPid, "SIGKILL");
    await expect.poll(() => inside(user), patience).toEqual([]);
    await expect.poll(() => listLabs(locations), patience).toEqual([]);
    await expect.poll(() => readdirSync(locations.runtime), patience).toEqual([]);
  });
});

describe("VLANs on a Linux bridge", () => {
  it("are refused by a kernel whose bridges know none, which names Open vSwitch", async (context) => {
    const lab = load(
      "name: bare\nnodes: {h1: , s1: {kind: switch, interfaces: {p1: {vlan: 10}}}}\nlinks: [[h1, s1:p1]]",
    );
    const up = RunningLab.up(lab);
    const refused = await up.then(
      async (running) => running[Symbol.asyncDispose](),
      (error: unknown) => error,
    );
    if (refused === undefined) context.skip("this kernel's bridges know VLANs: tests/guest has them too");
    expect(refused).toMatchObject({ code: "BRIDGE_WITHOUT_VLANS", remedy: expect.stringContaining("driver: ovs") });
  });
});
