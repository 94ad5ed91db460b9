import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, type TestContext } from "vitest";
import type { Lab } from "../../src/topology/index.ts";
import { missingForVm } from "../vm/sandbox.ts";
import { appliance, logIn, qemuOf } from "./appliances.ts";
import { host, iface, lab, link, RunningLab } from "./running-lab.ts";

const missing = missingForVm();
const up = (context: TestContext, wanted: Lab): Promise<RunningLab> => {
  if (missing !== undefined) context.skip(missing);
  return RunningLab.up(wanted);
};
const pair = (name: string) =>
  lab(name, {
    nodes: [appliance("a", [iface("eth0")]), host("h1", [iface("eth0", "10.0.0.2/24")])],
    links: [link("a:eth0", "h1:eth0")],
  });

describe("links of appliances", () => {
  it("are impaired by the wire, which cuts up their super-frames, and partitioned", async (context) => {
    const wanted = pair("impaired");
    const [{ id = "" } = {}] = wanted.links;
    await using running = await up(context, wanted);
    const { client } = running;
    const a = await logIn(running, "a", { eth0: "10.0.0.1/24" });
    expect(await client.impairLink(id, { ab: { delayMs: 30 }, ba: { delayMs: 30 } })).toMatchObject({ medium: "wire" });
    const average = async () => {
      const [, ms = "0"] = /min\/avg\/max = [\d.]+\/([\d.]+)/.exec(await a.check("ping -c 5 -i 0.2 10.0.0.2")) ?? [];
      expect(Number(ms)).toBeGreaterThan(60);
      return Number(ms);
    };
    // A machine that emulates and does other things besides is late now and then.
    await expect.poll(average).toBeLessThan(160);
    await client.impairLink(id, { ab: { delayMs: 2 }, ba: { delayMs: 2 } });

    // Both ways, as TCP with segmentation offload sends it.
    await running.sh("h1", "head -c 5000000 /dev/urandom >/tmp/file");
    const sum = (await running.sh("h1", "md5sum </tmp/file")).split(" ")[0];
    const server = await client.exec("h1", { argv: ["python3", "-m", "http.server", "-d", "/tmp", "8000"] });
    await a.check("for n in $(seq 300); do wget -q -O /tmp/file http://10.0.0.2:8000/file && break; sleep 0.2; done");
    expect(await a.check("md5sum </tmp/file")).toContain(sum);
    server.signal("SIGKILL");
    const receiver = running.sh(
      "h1",
      "timeout 60 python3 -c 'import socket,hashlib,sys\ns=socket.create_server((\"\",9000))\nc,_=s.accept()\nh=hashlib.md5()\nwhile d:=c.recv(65536): h.update(d)\nprint(h.hexdigest())'",
    );
    await a.check("for n in $(seq 300); do nc 10.0.0.2 9000 </tmp/file && break; sleep 0.2; done");
    expect(await receiver).toContain(sum);

    await client.partition(["isolate", "a"]);
    expect((await a.run("ping -c 1 -W 1 10.0.0.2")).exitCode).toBe(1);
    await client.partition(["heal"]);
    await a.check("for n in $(seq 60); do ping -c 1 -W 1 10.0.0.2 && break; done");
    // Measured from its end as well as towards it; a machine that emulates is late.
    await client.impairLink(id, { ab: { delayMs: 20, loss: { uniform: 0.1 } }, ba: { delayMs: 40 } });
    const verification = await client.verifyLink(id, { frames: 500, seconds: 2, toleranceMs: 2000 });
    expect(verification).toMatchObject({ verdict: "within", ba: { sent: 500, arrived: 500 } });
    const achieved = (way: "ab" | "ba", name: string) =>
      verification[way].figures.find(({ figure }) => figure === name)?.achieved ?? Number.NaN;
    expect(achieved("ab", "delay")).toBeGreaterThanOrEqual(20);
    expect(achieved("ba", "delay")).toBeGreaterThanOrEqual(40);
    expect(achieved("ab", "loss")).toBeGreaterThan(0.03);
  });
});

describe("appliances that misbehave", () => {
  it("that flood their console lose nothing of it, and the lab goes on answering", async (context) => {
    await using running = await up(context, lab("flood", { nodes: [appliance("a", [])] }));
    const a = await logIn(running, "a");
    // A viewer that does not read at all.
    const asleep = await running.client.console("a", { mode: "watch", history: 0 });
    asleep.pause();
    const flood = a.run("dd if=/dev/zero bs=1024 count=1024 2>/dev/null | tr '\\0' x", { timeout: 120_000 });
    let slowestMs = 0;
    let isOver = false;
    const done = () => {
      isOver = true;
    };
    void flood.then(done, done);
    while (!isOver) {
      const before = performance.now();
      await running.client.detail();
      slowestMs = Math.max(slowestMs, performance.now() - before);
      await sleep(100);
    }
    expect((await flood).output).toBe("x".repeat(1024 * 1024));
    expect(slowestMs).toBeLessThan(8000);
    const folder = (await running.client.summary()).logDirectory;
    expect(statSync(join(folder, "a.console.log")).size).toBeGreaterThan(1024 * 1024);
    asleep.destroy();
  });

  it("whose QEMU hangs fail what is asked of them within a deadline, and go down with the lab", async (context) => {
    const running = await up(context, lab("hung", { nodes: [appliance("a", [])] }));
    try {
      const qemu = await qemuOf(running, "a");
      process.kill(qemu, "SIGSTOP");
      await expect(running.client.actOnNode("a", "pause")).rejects.toMatchObject({ code: "TIMED_OUT" });
      await running.down();
      expect(existsSync(`/proc/${qemu}`)).toBe(false);
    } finally {
      await running[Symbol.asyncDispose]();
    }
  });

  it("in two labs at once share an image, and neither writes it", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "netwright-test-"));
    try {
      const image = join(folder, "shared.img");
      await writeFile(image, Buffer.alloc(2 ** 20, "shared"));
      const sum = () => createHash("sha256").update(readFileSync(image)).digest("hex");
      const before = sum();
      const wanted = lab("shared", { nodes: [appliance("a", [], { disks: [{ image, bus: "virtio" }] })] });
      await using one = await up(context, wanted);
      await using two = await up(context, wanted);
      const shells = await Promise.all([one, two].map((running) => logIn(running, "a")));
      await Promise.all(
        shells.map((shell, index) => shell.check(`echo mine${index} | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null`)),
      );
      expect(await Promise.all(shells.map((shell) => shell.check("head -c 5 /dev/vda")))).toEqual(["mine0", "mine1"]);
      const qemus = await Promise.all([one, two].map((running) => qemuOf(running, "a")));
      await one.down();
      await two.down();
      expect(sum()).toBe(before);
      expect(qemus.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
      // Overlays have no names to be left.
      expect(readdirSync("/var/tmp").filter((name) => name.startsWith("netwright-"))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("whose QEMU is killed on the way up fail up with what happened", async (context) => {
    await expect(
      up(context, lab("argument", { nodes: [appliance("a", [], { arguments: ["-no-such-option"] })] })),
    ).rejects.toMatchObject({
      code: "VM_NOT_STARTED",
      message: expect.stringContaining("no-such-option"),
    });
  });
});
