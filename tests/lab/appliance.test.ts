import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import type { Lab, VmSettings } from "../../src/topology/index.ts";
import { openCapture } from "../dataplane/open-capture.ts";
import { missingForVm } from "../vm/sandbox.ts";
import { appliance, consoleOf, logIn, qemuOf } from "./appliances.ts";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

const missing = missingForVm();
const up = (context: TestContext, wanted: Lab): Promise<RunningLab> => {
  if (missing !== undefined) context.skip(missing);
  return RunningLab.up(wanted);
};
const state = async (running: RunningLab, node: string) =>
  (await running.client.detail()).nodeStatus.find((one) => one.name === node);
const inGuest = (name: string) => `cat /sys/class/net/${name}/carrier`;

describe("appliances in a lab", () => {
  it("talk to hosts and to each other, directly and through a switch", async (context) => {
    await using running = await up(
      context,
      lab("vms", {
        nodes: [
          appliance("a", [iface("eth0"), iface("eth1")]),
          appliance("b", [iface("eth0"), iface("eth1")]),
          host("h1", [iface("eth0", "10.0.2.3/24")]),
          bridge("s1", 3),
        ],
        links: [
          link("a:eth0", "b:eth0"),
          link("a:eth1", "s1:swp1"),
          link("b:eth1", "s1:swp2"),
          link("h1:eth0", "s1:swp3"),
        ],
      }),
    );
    expect(await state(running, "a")).toMatchObject({ state: "running", engine: "vm", accelerator: "tcg" });
    const [a, b] = await Promise.all([
      logIn(running, "a", { eth0: "10.0.1.1/24", eth1: "10.0.2.1/24" }),
      logIn(running, "b", { eth0: "10.0.1.2/24", eth1: "10.0.2.2/24" }),
    ]);
    expect(await a.check("ping -c 2 -W 30 10.0.1.2")).toContain("2 packets received");
    expect(await a.check("ping -c 2 -W 30 10.0.2.2")).toContain("2 packets received");
    expect(await b.check("ping -c 2 -W 30 10.0.2.3")).toContain("2 packets received");
    expect(await running.sh("h1", "ping -c 1 -W 30 10.0.2.1")).toContain("1 received");
    // The lab file's MAC addresses are the guest's.
    const mac = (await state(running, "a"))?.interfaces[0]?.mac;
    expect(await a.check("cat /sys/class/net/eth0/address")).toBe(`${mac}\n`);
  });

  it("lose carrier when a link is cut, and when the other end has no power", async (context) => {
    const wanted = lab("carrier", {
      nodes: [
        appliance("a", [iface("eth0"), iface("eth1"), iface("eth2")]),
        host("h1", [iface("eth0", "10.0.0.2/24")]),
        host("h2", [iface("eth0", "10.0.1.2/24")]),
      ],
      links: [link("a:eth0", "h1:eth0"), link("a:eth1", "h2:eth0")],
    });
    await using running = await up(context, wanted);
    const [first, second] = wanted.links.map(({ id }) => id);
    const a = await logIn(running, "a", { eth0: "10.0.0.1/24" });
    const until = (name: string, carrier: 0 | 1) =>
      a.check(
        `for n in $(seq 600); do [ "$(${inGuest(name)})" = ${carrier} ] && exit_=0 && break; exit_=1; sleep 0.1; done; [ $exit_ = 0 ]`,
      );
    await until("eth0", 1);
    // An interface without a link is unplugged.
    await until("eth2", 0);
    await running.client.setLink(first ?? "", "down");
    await until("eth0", 0);
    // The kernel gathers changes of carrier for up to a second before it shows them in the flags.
    await a.check("for n in $(seq 600); do ip link show eth0 | grep NO-CARRIER && break; sleep 0.1; done");
    await until("eth1", 1);
    await running.client.setLink(first ?? "", "up");
    await until("eth0", 1);
    expect(await a.check("ping -c 1 -W 30 10.0.0.2")).toContain("1 packets received");
    await running.client.actOnNode("h2", "stop");
    await until("eth1", 0);
    await running.client.actOnNode("h2", "start");
    await until("eth1", 1);
    expect(second).toBeDefined();
  });

  it("pause, go on, reset, keep a snapshot, power off and on, and die", async (context) => {
    await using running = await up(
      context,
      lab("life", {
        nodes: [
          appliance("a", [iface("eth0")], { disks: [{ sizeBytes: 2 ** 20, bus: "virtio" }] }),
          host("h1", [iface("eth0", "10.0.0.2/24")]),
        ],
        links: [link("a:eth0", "h1:eth0")],
      }),
    );
    const { client } = running;
    const a = await logIn(running, "a", { eth0: "10.0.0.1/24" });
    expect(await client.actOnNode("a", "pause")).toMatchObject({ state: "paused" });
    expect((await running.run("h1", ["ping", "-c", "1", "-W", "1", "10.0.0.1"])).exitCode).toBe(1);
    expect(await client.actOnNode("a", "resume")).toMatchObject({ state: "running" });
    expect(await running.sh("h1", "ping -c 1 -W 30 10.0.0.1")).toContain("1 received");

    await a.check("echo before >/tmp/file");
    await client.snapshotNode("a", "save", "one");
    await a.check("echo after >/tmp/file");
    await client.snapshotNode("a", "restore", "one");
    expect(await a.check("cat /tmp/file")).toBe("before\n");

    await client.actOnNode("a", "reset");
    await a.login({ user: "root", password: "secret", timeout: 60_000 });
    await a.check("! [ -e /tmp/file ] && echo kept | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null");

    expect(await client.actOnNode("a", "stop")).toMatchObject({ state: "off" });
    await expect.poll(() => running.sh("h1", "cat /sys/class/net/eth0/carrier")).toBe("0\n");
    await expect(running.run("a", ["true"])).rejects.toMatchObject({ code: "NODE_HAS_NO_PROCESSES" });
    expect(await client.actOnNode("a", "start")).toMatchObject({ state: "running" });
    await a.login({ user: "root", password: "secret", timeout: 60_000 });
    expect(await a.check("head -c 4 /dev/vda")).toBe("kept");
    expect(await client.actOnNode("a", "kill")).toMatchObject({ state: "off" });
    await client.actOnNode("a", "start");

    const { machine } = await client.node("a");
    // As someone on the host would: the pid is the sandbox's, so from inside it.
    expect(machine).toMatchObject({
      accelerator: "tcg",
      version: expect.stringMatching(/^\d/),
      pid: expect.any(Number),
    });
  });

  it("power off by themselves, and go down with their QEMU", async (context) => {
    await using running = await up(
      context,
      lab("ends", {
        nodes: [appliance("a", [iface("eth0")]), host("h1", [iface("eth0", "10.0.0.2/24")])],
        links: [link("a:eth0", "h1:eth0")],
      }),
    );
    const carrier = () => running.sh("h1", "cat /sys/class/net/eth0/carrier");
    const a = await logIn(running, "a");
    await a.run("poweroff -f", { timeout: 1000 }).catch(() => undefined);
    await expect.poll(async () => (await state(running, "a"))?.state).toBe("off");
    await expect.poll(carrier).toBe("0\n");
    await running.client.actOnNode("a", "start");
    await expect.poll(carrier).toBe("1\n");
    process.kill(await qemuOf(running, "a"), "SIGKILL");
    await expect.poll(async () => (await state(running, "a"))?.state).toBe("failed");
    const told = async () =>
      (await Array.fromAsync(running.client.events())).find(
        ({ subject, type }) => subject === "a" && type === "node.failed",
      )?.message;
    await expect.poll(told).toContain("SIGKILL");
    expect((await running.client.node("a")).machine).toMatchObject({ error: expect.stringContaining("SIGKILL") });
    expect(await running.client.actOnNode("a", "start")).toMatchObject({ state: "running" });
  });

  it("take and give back network cards while they run", async (context) => {
    const wanted = lab("cards", {
      nodes: [
        appliance("a", [iface("eth0")]),
        host("h1", [iface("eth0", "10.0.0.2/24"), iface("eth1", "10.0.1.2/24")]),
      ],
      links: [link("a:eth0", "h1:eth0")],
    });
    await using running = await up(context, wanted);
    const a = await logIn(running, "a");
    const [vm, h1] = wanted.nodes;
    if (vm === undefined || h1 === undefined) throw new Error("no nodes");
    const more: Lab = {
      ...wanted,
      nodes: [{ ...vm, interfaces: [...vm.interfaces, iface("eth1")] } as typeof vm, h1],
      links: [...wanted.links, link("a:eth1", "h1:eth1")],
    };
    await running.client.apply({ lab: more, digest: "more" });
    await a.check(
      "until [ -e /sys/class/net/eth1 ]; do sleep 0.1; done; ip address add 10.0.1.1/24 dev eth1; ip link set eth1 up",
    );
    expect(await a.check("ping -c 1 -W 30 10.0.1.2")).toContain("1 packets received");
    await running.client.apply({ lab: wanted, digest: "less" });
    await a.check("while [ -e /sys/class/net/eth1 ]; do sleep 0.1; done");
  });

  it("stand still before their first instruction when asked, and QEMU's dump has every frame that the jack has", async (context) => {
    const wanted = lab("dump", {
      nodes: [
        appliance("a", [iface("eth0")], { startPaused: true, dump: true }),
        // It sends nothing by itself.
        host("h1", [iface("eth0", "10.0.0.2/24")], { sysctls: { "net.ipv6.conf.eth0.disable_ipv6": "1" } }),
      ],
      links: [link("a:eth0", "h1:eth0")],
    });
    await using running = await up(context, wanted);
    expect(await state(running, "a")).toMatchObject({ state: "paused" });
    const { client } = running;
    // Frames for a guest that has not begun are lost.
    await running.run("h1", ["ping", "-c", "1", "-W", "1", "10.0.0.1"]);
    const { id } = await client.startCapture({ targets: ["a:eth0"], file: "a" });
    await client.actOnNode("a", "start");
    const a = await logIn(running, "a", { eth0: "10.0.0.1/24" });
    await a.check("ping -c 5 -i 0.1 -s 1000 10.0.0.2");
    await running.sh("h1", "ping -c 5 -i 0.1 10.0.0.1");
    // It asks nobody any more whether the guest is still there: nothing passes from here on.
    await running.sh("h1", "ip neighbour change 10.0.0.1 dev eth0 nud permanent");
    await a.check("ip link set eth0 down");
    const { file = "" } = await client.stopCapture(id);
    const folder = (await client.summary()).logDirectory;
    const dumped = () => framesOf(readFileSync(join(folder, "a.eth0.pcap")));
    const captured = openCapture(readFileSync(file)).frames.map(({ frame }) => frame.toString("hex"));
    expect(captured.length).toBeGreaterThan(20);
    // QEMU writes down what it takes when it takes it, and not when it is sent.
    await expect.poll(() => dumped().toSorted()).toEqual(captured.toSorted());
  });
});

/** The frames of a capture file of the older kind, in hexadecimal digits (pcap-savefile(5)). */
function framesOf(file: Buffer): readonly string[] {
  const frames: string[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    frames.push(file.toString("hex", at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}

describe("what can go wrong", () => {
  it("is told at up, and nothing is left", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "netwright-test-"));
    try {
      const broken = join(folder, "broken.qcow2");
      await writeFile(broken, "this is no image");
      const disks = (image: string, format?: "qcow2") => [
        { image, bus: "virtio" as const, ...(format === undefined ? {} : { format }) },
      ];
      const failure = (more: Partial<VmSettings>) =>
        up(context, lab("bad", { nodes: [appliance("a", [iface("eth0")], more)] }));
      await expect(failure({ disks: disks(join(folder, "missing")) })).rejects.toMatchObject({
        code: "VM_FILE_UNREADABLE",
      });
      await expect(failure({ disks: disks(broken, "qcow2") })).rejects.toMatchObject({ code: "VM_IMAGE_INVALID" });
      await expect(failure({ memoryMiB: 2 ** 26 })).rejects.toMatchObject({ code: "VM_NOT_STARTED" });
      await expect(failure({ nic: "no-such-nic" })).rejects.toMatchObject({
        code: "VM_NOT_STARTED",
        remedy: expect.stringContaining("-device help"),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("consoles", () => {
  it("are logged from power-on, raw and as text, and shown to any number at once", async (context) => {
    await using running = await up(context, lab("consoles", { nodes: [appliance("a", []), bridge("s1", 0)] }));
    const [one, two] = await Promise.all([consoleOf(running, "a"), consoleOf(running, "a")]);
    await Promise.all([one, two].map((console) => console.expect("guest login:")));
    await one.sendLine("root");
    await two.expect("Password:");
    await two.sendLine("secret");
    await one.expect("# ");
    const folder = (await running.client.summary()).logDirectory;
    const raw = () => readFileSync(join(folder, "a.console.log"), "latin1");
    await expect.poll(raw).toContain("Welcome to the test guest");
    const text = () => readFileSync(join(folder, "a.console.txt"), "utf8");
    await expect.poll(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z Welcome to the test guest$/m);
    const lines = async () => (await Array.fromAsync(running.client.logs({ of: "a" }))).map(({ text: line }) => line);
    await expect.poll(lines).toContain("Welcome to the test guest");
    await expect(running.client.console("s1")).rejects.toMatchObject({ code: "CONSOLE_MISSING" });
    await expect(running.client.console("nobody")).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
    await expect(running.client.console("a", { mode: "exclusive" })).rejects.toMatchObject({ code: "CONSOLE_TAKEN" });
    const watcher = await running.client.console("a", { mode: "watch", history: 0 });
    watcher.write("typed by nobody\r");
    await one.sendLine("echo still-$((40+2))");
    await one.expect("still-42");
    expect(one.screen.join("\n")).not.toContain("typed by nobody");
    watcher.destroy();
    one.close();
    two.close();
    await expect
      .poll(async () => {
        const alone = await running.client.console("a", { mode: "exclusive" }).catch(() => undefined);
        alone?.destroy();
        return alone !== undefined;
      })
      .toBe(true);
  });
});
