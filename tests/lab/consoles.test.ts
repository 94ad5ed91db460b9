import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TestConsole } from "../../src/testing/console/index.ts";
import { host, iface, lab, RunningLab, router } from "./running-lab.ts";

const consoleOf = async (running: RunningLab, node: string) =>
  new TestConsole(node, await running.client.console(node, { history: 1 << 20 }), { timeout: 60_000 });

describe("the console of a node that is no virtual machine", () => {
  it("is a shell on a terminal, logged, seen by any number, kept, and started again", async () => {
    await using running = await RunningLab.up(lab("consoles", { nodes: [host("h1", [iface("eth0", "10.0.0.1/24")])] }));
    const { client } = running;
    const folder = (await client.summary()).logDirectory;
    const file = (name: string) => readFileSync(join(folder, name), "utf8");
    const shells = () => running.sh("h1", "ps -eo tty,args | grep -c '^pts.* .*bash' || true");

    // Nothing runs until someone attaches.
    expect(await running.sh("h1", "ps -eo tty | grep pts || true")).toBe("");
    const one = await consoleOf(running, "h1");
    expect(await one.check("whoami; hostname; tty | cut -c 1-9; test -t 1 && cat /sys/class/net/eth0/carrier")).toBe(
      "root\nh1\n/dev/pts/\n0\n",
    );
    expect(await one.run("(exit 5)")).toMatchObject({ exitCode: 5 });
    expect(await one.run("cd /tmp; kept=here")).toMatchObject({ exitCode: 0 });
    await one.uploadText("/tmp/a file", "tab\t'quoted' Grüße\n", { mode: "0640" });
    expect(await running.sh("h1", "cat '/tmp/a file'; stat -c %a '/tmp/a file'")).toBe("tab\t'quoted' Grüße\n640\n");
    await one.login({ user: "root", password: "not asked for" });

    const two = await consoleOf(running, "h1");
    await one.sendLine("echo seen-$((40 + 2))");
    await two.expect("seen-42");
    one.close();
    two.close();
    const again = await consoleOf(running, "h1");
    expect(await again.check("pwd; echo $kept")).toBe("/tmp\nhere\n");
    await expect.poll(shells).toBe("1\n");

    // As a getty does it: what still holds the old terminal does not hold up the next shell, and may not write to it.
    await again.check("(while sleep 0.1; do echo noise || break; done; echo over >/tmp/over) & true");
    await again.expect("noise");
    await again.sendLine("exit");
    await again.expect(/logout[\s\S]*# $/);
    expect(await again.check("pwd; echo ${kept:-gone}")).toBe("/root\ngone\n");
    await expect.poll(() => running.sh("h1", "cat /tmp/over || true")).toBe("over\n");

    // Bytes as they are, and the same as text with times.
    await again.check("printf '\\033[31mred\\033[0m\\n'");
    await expect.poll(() => file("h1.console.log")).toContain("\x1b[31mred\x1b[0m");
    await expect.poll(() => file("h1.console.txt")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z .*\\x1b\[31mred\\x1b\[0m/m);
    const lines = async () =>
      (await Array.fromAsync(client.logs({ of: "h1" }))).filter(({ source }) => source === "h1.console");
    await expect.poll(async () => (await lines()).map(({ text }) => text).join("\n")).toContain("seen-42");

    // It goes with the power, and comes with it for those who watch.
    const states: string[] = [];
    const watching = await client.console("h1", { mode: "watch" });
    watching.onState((state) => states.push(state));
    watching.resume();
    await client.actOnNode("h1", "stop");
    // What is told to those who watch comes by another connection than the answer.
    await expect.poll(() => states).toEqual(["on", "off"]);
    await client.actOnNode("h1", "start");
    await expect.poll(() => states).toEqual(["on", "off", "on"]);
    expect(await again.check("echo ${kept:-gone}")).toBe("gone\n");
    watching.destroy();
    again.close();
  });

  it("runs what the lab file says, at once or when someone attaches, and gently when that cannot run", async () => {
    const shown = (text: string, more: object = {}) => ({
      console: { command: { shell: text }, startsWithNode: true, ...more },
    });
    const wanted = lab("commands", {
      nodes: [
        router("r1", [], shown("echo once >>/tmp/count; echo begun; exec cat")),
        host("h1", [], shown("echo ran >/tmp/ran; exec cat", { startsWithNode: false })),
        host("h2", [], { console: { command: { argv: ["no-such-program"] }, startsWithNode: false } }),
      ],
    });
    await using running = await RunningLab.up(wanted);
    await expect.poll(() => running.sh("r1", "cat /tmp/count || true")).toBe("once\n");
    const r1 = await consoleOf(running, "r1");
    await r1.expect("begun");
    await r1.sendLine("typed");
    await r1.expect(/typed\n.*typed/);
    expect(await running.sh("h1", "ls /tmp")).toBe("");
    const h1 = await consoleOf(running, "h1");
    await expect.poll(() => running.sh("h1", "ls /tmp")).toBe("ran\n");
    const h2 = await consoleOf(running, "h2");
    await h2.expect("no-such-program: not found");
    await h2.expect("it ended with exit code 127, and starts again in 0.5 s");
    await h2.expect("starts again in 1 s");
    // A node whose first process is killed has no console until something starts it again.
    const watching = await running.client.console("r1", { mode: "watch" });
    const off = new Promise<void>((resolve) => watching.onState((state) => state === "off" && resolve()));
    watching.resume();
    const { nodeStatus } = await running.client.detail();
    expect(nodeStatus.find(({ name }) => name === "r1")).toMatchObject({ state: "running" });
    await running.client.actOnNode("r1", "kill");
    await off;
    await running.client.actOnNode("r1", "start");
    await r1.expect("begun");
    for (const console of [r1, h1, h2]) console.close();
    watching.destroy();
  });
});
