import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testGuest } from "../vm/guest-image.ts";
import { missingForVm } from "../vm/sandbox.ts";
import { finished, Netwright } from "./netwright.ts";
import { Terminal } from "./terminal.ts";

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
  s1: {kind: switch}
links: [[dut, h1]]
`,
    });
    await netwright.ok("up");
  });
  afterAll(() => netwright?.[Symbol.asyncDispose]());
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
  });

  const onTerminal = (...argv: readonly string[]) => new Terminal(netwright, argv);

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
    await one.shows(/\^C[\s\S]*# /);
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
    const console = await netwright.call(["console", "s1"]);
    expect(console).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("have consoles") });
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

describe("the console command on a host", () => {
  let netwright: Netwright;
  beforeAll(async () => {
    netwright = await Netwright.open({ "lab.yaml": "name: hosts\nnodes: {h1: {}, s1: {kind: switch}}\n" });
    await netwright.ok("up");
  });
  afterAll(() => netwright?.[Symbol.asyncDispose]());

  it("is a shell that stays when nobody looks, as large as the window of who types", async () => {
    const one = new Terminal(netwright, ["console", "h1"]);
    await one.shows(/Ctrl-\] detaches/);
    one.type("kept=$((40 + 2)); stty size\r");
    await one.shows(/30 100\r\n/);
    one.type("\x1d");
    expect(await one.exited).toBe(0);

    const two = new Terminal(netwright, ["console", "h1"]);
    // What was shown before is there.
    await two.shows(/30 100\r\n/);
    two.resize(123, 45);
    await typedUntil(two, "echo kept $kept; stty size\r", /kept 42\r\n45 123\r\n/);
    const looking = new Terminal(netwright, ["console", "--read-only", "h1"]);
    await looking.shows(/45 123\r\n/);
    looking.type("echo not by one who looks\r");
    looking.resize(60, 10);
    const three = new Terminal(netwright, ["console", "--no-history", "h1"]);
    await three.shows(/detaches/);
    three.type("echo three; stty size\r");
    await three.shows(/three\r\n30 100\r\n/);
    two.type("echo two; stty size\r");
    await two.shows(/two\r\n45 123\r\n/);
    expect(two.shown).not.toContain("not by one who looks");

    // The shell ends, as any on a console may; there is another one.
    two.type("exit\r");
    await typedUntil(two, "echo anew ${kept:-none}\r", /anew none\r\n/);
    await netwright.ok("node", "stop", "h1");
    await two.shows(/\[h1 is off\]/);
    await netwright.ok("node", "start", "h1");
    await two.shows(/\[h1 is on\]/);
    await typedUntil(two, "echo back $((1 + 1))\r", /back 2\r\n/);
    for (const terminal of [two, looking, three]) {
      terminal.type("\x1d");
      expect(await terminal.exited).toBe(0);
    }
    expect(await netwright.ok("logs", "h1")).toMatch(/back 2/);
    const none = await netwright.call(["console", "s1"]);
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Hosts, routers and appliances") });
  });
});

/** Types until it is answered: what is typed between two shells is lost. */
const typedUntil = (terminal: Terminal, keys: string, answer: RegExp) =>
  expect
    .poll(
      () => {
        terminal.type(keys);
        return terminal.shown;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toMatch(answer);
