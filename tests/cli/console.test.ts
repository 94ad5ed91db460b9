import { spawn } from "@lydell/node-pty";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testGuest } from "../vm/guest-image.ts";
import { missingForVm } from "../vm/sandbox.ts";
import { finished, Netwright } from "./netwright.ts";

const missing = missingForVm();

describe("the console command", () => {
  let netwright: Netwright;
  beforeAll(async () => {
    if (missing !== undefined) return;
    const { kernel, initrd } = testGuest();
    netwright = await Netwright.open({
      "lab.yaml": `name: consoles
nodes:
  dut:
    kind: appliance
    memory: 192MiB
    acceleration: tcg
    kernel: {image: ${kernel}, initrd: ${initrd}, append: "console=ttyS0 quiet panic=-1 rdinit=/init net.ifnames=0"}
  h1: {interfaces: {eth0: 10.0.0.2/24}}
links: [[dut, h1]]
`,
    });
    await netwright.ok("up");
  });
  afterAll(() => netwright?.[Symbol.asyncDispose]());
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
  });

  const onTerminal = (...argv: readonly string[]) => {
    const [program, ...first] = netwright.program;
    const pty = spawn(program, [...first, ...argv], {
      name: "xterm",
      cols: 100,
      rows: 30,
      cwd: netwright.folder,
      env: { ...netwright.environment, TERM: "xterm" },
    });
    const terminal = {
      shown: "",
      type: (keys: string) => pty.write(keys),
      exited: new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode))),
      shows: (text: RegExp) => expect.poll(() => terminal.shown, { timeout: 60_000 }).toMatch(text),
    };
    pty.onData((data) => {
      terminal.shown += data;
    });
    return terminal;
  };

  it("shows what was shown last, takes every key but Ctrl-], and lets others look and type", async () => {
    const one = onTerminal("console", "dut");
    await one.shows(/Ctrl-\] detaches/);
    await one.shows(/guest login: /);
    one.type("root\r");
    await one.shows(/Password: /);
    one.type("secret\r");
    await one.shows(/# /);
    // Ctrl-C is the guest's to understand.
    one.type("echo it $((1 + 1)) waits; sleep 1000\r");
    await one.shows(/it 2 waits\r\n/);
    one.type("\x03");
    await one.shows(/\^C/);
    const two = onTerminal("console", "--read-only", "dut");
    await two.shows(/it 2 waits/);
    two.type("echo typed by the second\r");
    one.type("echo typed by the first $((40 + 2))\r");
    await two.shows(/typed by the first 42/);
    expect(one.shown).not.toContain("typed by the second");
    two.type("\x1d");
    expect(await two.exited).toBe(0);
    one.type("\x1d");
    expect(await one.exited).toBe(0);
    expect(one.shown).toContain("[detached]");
  });

  it("goes on through a reset, and types what comes by a pipe", async () => {
    const watching = onTerminal("console", "--no-history", "dut");
    await watching.shows(/detaches/);
    await netwright.ok("node", "reset", "dut");
    await watching.shows(/Welcome to the test guest/);
    await watching.shows(/guest login: /);
    const child = netwright.spawn(["console", "--no-history", "dut"]);
    child.stdin?.write("somebody\r");
    await watching.shows(/somebody/);
    child.kill();
    await finished(child);
    await netwright.ok("node", "kill", "dut");
    await watching.shows(/\[dut is off\]/);
    await netwright.ok("node", "start", "dut");
    await watching.shows(/\[dut is on\]/);
    watching.type("\x1d");
    expect(await watching.exited).toBe(0);
  });

  it("says how a machine is run, and what cannot be done with it", async () => {
    expect(await netwright.ok("ps")).toMatch(/dut\s+appliance\s+running \(tcg\)/);
    expect(await netwright.ok("inspect", "dut")).toMatch(/accelerator: tcg/);
    const exec = await netwright.call(["exec", "dut", "--", "true"]);
    expect(exec).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("netwright console dut") });
    const console = await netwright.call(["console", "h1"]);
    expect(console).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("netwright shell h1") });
  });

  it("keeps and restores snapshots by name", async () => {
    await netwright.ok("node", "snapshot", "dut", "before");
    await netwright.ok("node", "restore", "dut", "before");
    const unknown = await netwright.call(["node", "restore", "dut", "never"]);
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("never") });
    const host = await netwright.call(["node", "snapshot", "h1", "x"]);
    expect(host).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no virtual machine") });
  });
});
