import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCapture } from "../dataplane/open-capture.ts";
import { type Called, finished, Netwright, twoHosts } from "./netwright.ts";

/** A capture that goes on until it is told. */
class Running {
  readonly child: ChildProcess;
  readonly result: Promise<Called>;
  #said = "";

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.on("data", (data: Buffer) => {
      this.#said += data.toString();
    });
    this.result = finished(child);
  }

  static async start(netwright: Netwright, ...argv: readonly string[]): Promise<Running> {
    const running = new Running(netwright.spawn(["capture", ...argv]));
    await expect.poll(() => running.#said).toContain("Ctrl-C ends it");
    return running;
  }
}

describe("netwright capture", () => {
  let netwright: Netwright;
  beforeAll(async () => {
    netwright = await Netwright.open({ "lab.yaml": `${twoHosts}capture:\n  - of: h1 -- h2\n    filter: icmp\n` });
    await netwright.ok("up", "-q");
  });
  afterAll(() => netwright[Symbol.asyncDispose]());
  const ping = (count = 3) =>
    netwright.ok("exec", "h1", "--", "ping", "-4", "-q", "-c", `${count}`, "-i", "0.05", "h2");
  /** The lab ends a capture when it sees that who read it has gone. */
  const onlyThatOfTheFileRuns = () =>
    expect
      .poll(async () => {
        const { captures } = JSON.parse(await netwright.ok("capture", "--list", "--json"));
        return captures.filter(({ state }: { state: string }) => state === "running");
      })
      .toHaveLength(1);
  const read = (name: string) => openCapture(readFileSync(join(netwright.folder, name)));

  it("writes a new file until Ctrl-C, and says what it has", async () => {
    const first = await Running.start(netwright, "h1", "h2", "--filter", "icmp");
    await ping();
    first.child.kill("SIGINT");
    const { exitCode, stdout, stderr } = await first.result;
    expect([exitCode, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(
      /^Capturing h1:eth0, h2:eth0\. Ctrl-C ends it\.\n {2}h1:eth0 {2}6 frames\n {2}h2:eth0 {2}6 frames\nWritten to two-h1-eth0-h2-eth0\.pcapng\.\n$/,
    );
    const { frames, statistics } = read("two-h1-eth0-h2-eth0.pcapng");
    expect(frames.map((frame) => frame.interface).toSorted()).toEqual([
      ...Array(6).fill("h1:eth0"),
      ...Array(6).fill("h2:eth0"),
    ]);
    expect(statistics).toHaveLength(2);
    // Another does not write over it.
    const second = await Running.start(netwright, "h1", "h2");
    second.child.kill("SIGTERM");
    expect((await second.result).exitCode).toBe(0);
    expect(existsSync(join(netwright.folder, "two-h1-eth0-h2-eth0-2.pcapng"))).toBe(true);
    expect(read("two-h1-eth0-h2-eth0.pcapng").frames).toHaveLength(12);
  });

  it("goes into a pipe as it comes, and ends after so many frames", async () => {
    const running = await Running.start(netwright, "h1:eth0", "-o", "-", "--filter", "icmp", "--count", "4");
    await ping();
    const { exitCode, bytes, stderr } = await running.result;
    expect(exitCode).toBe(0);
    expect(openCapture(bytes).frames).toHaveLength(4);
    expect(stderr).toContain("h1:eth0  4 frames");
    expect(stderr).not.toContain("Written");
  });

  it("is live: frames are out before it ends, and it ends when nobody reads any more", async () => {
    const child = netwright.spawn(["capture", "h1:eth0", "-o", "-"]);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    let got = 0;
    child.stdout?.on("data", (data: Buffer) => {
      got += data.length;
    });
    await expect.poll(() => got).toBeGreaterThan(0);
    const before = got;
    await ping();
    await expect.poll(() => got).toBeGreaterThan(before + 6 * 98);
    child.stdout?.destroy();
    await ping();
    // As any program whose reader has gone: SIGPIPE.
    expect(await exited).toBe(141);
    await onlyThatOfTheFileRuns();
  });

  it("has its result as JSON, and lists captures, those of the lab file too", async () => {
    const { exitCode, stdout } = await netwright.call([
      ...["capture", "h1:eth0", "-o", "timed.pcapng", "--duration", "200ms", "--snaplen", "64", "--json"],
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      capture: {
        state: "ended",
        reason: "duration",
        file: "timed.pcapng",
        interruptions: 0,
        interfaces: [{ name: "h1:eth0", droppedByRing: 0, droppedByReader: 0 }],
      },
    });
    expect(read("timed.pcapng").interfaces[0]?.snaplen).toBe(64);
    const list = (await netwright.ok("capture", "--list")).split("\n");
    expect(list[0]).toMatch(/^CAPTURE +STATE +FRAMES +LOST +OF +FILE$/);
    expect(list[1]).toMatch(
      /^h1-h2\.pcapng +running +\d+ +0 +h1:eth0, h2:eth0 +.*\/two\/logs\/captures\/h1-h2\.pcapng$/,
    );
  });

  it.each([
    ["a filter that is none", ["h1:eth0", "--filter", "tcp prt 80"], 2, 'The filter "tcp prt 80" is not right: '],
    ["an unknown interface", ["h1:eth9"], 2, 'h1 has no interface "eth9".\nDid you mean "eth0"?'],
    ["half a link", ["h1"], 2, '"h1" names nothing that can be captured.'],
    ["nothing", [], 2, "There is nothing to capture."],
    [
      "a folder that is not there",
      ["h1:eth0", "-o", "no/such/folder"],
      1,
      "no/such/folder cannot be written (ENOENT).",
    ],
    ["no time", ["h1:eth0", "--duration", "10"], 2, "such as 10s"],
    ["a small ring", ["h1:eth0", "--ring", "1b"], 2, "Give a size"],
    ["two things on standard output", ["h1:eth0", "-o", "-", "--json"], 2, "both want standard output"],
  ])("refuses %s, and leaves nothing", async (_, argv, code, message) => {
    const before = readdirSync(netwright.folder);
    const { exitCode, stdout, stderr } = await netwright.call(["capture", ...argv]);
    expect(stdout + stderr).toContain(message);
    expect(exitCode).toBe(code);
    expect(readdirSync(netwright.folder)).toEqual(before);
    await onlyThatOfTheFileRuns();
  });

  it("does not write to a terminal, and says what to do", async () => {
    const [program, ...first] = netwright.program;
    const pty = spawn(program, [...first, "capture", "h1", "h2", "-o", "-"], {
      cwd: netwright.folder,
      env: netwright.environment,
    });
    let shown = "";
    pty.onData((data) => {
      shown += data;
    });
    const exitCode = await new Promise<number>((resolve) => pty.onExit((exit) => resolve(exit.exitCode)));
    expect(exitCode).toBe(2);
    expect(shown).toContain("netwright capture h1 h2 -o - | wireshark -k -i -");
  });
});

describe("when the lab ends", () => {
  it.each([
    ["is taken down", "down", 0],
    ["is killed", "kill", 1],
  ])("because it %s, the file is whole", async (_, how, code) => {
    await using netwright = await Netwright.open({
      "lab.yaml": twoHosts.replace("h1: {}", "h1: {startup: [{shell: ping -q -i 0.001 -c 1000000 h2 >/dev/null &}]}"),
    });
    await netwright.ok("up", "-q");
    const running = await Running.start(netwright, "h1:eth0", "-o", "x.pcapng");
    // More than a hundred frames of 98 bytes, each in a block of its own.
    const file = join(netwright.folder, "x.pcapng");
    await expect.poll(() => statSync(file).size).toBeGreaterThan(20_000);
    if (how === "down") await netwright.ok("down");
    else process.kill(JSON.parse(await netwright.ok("ps", "--json")).lab.supervisorPid, "SIGKILL");
    const { exitCode, stderr } = await running.result;
    expect(exitCode).toBe(code);
    if (how === "kill") expect(stderr).toContain("ended unexpectedly");
    const { frames, statistics } = openCapture(readFileSync(file));
    expect(frames.length).toBeGreaterThan(100);
    expect(statistics).toHaveLength(how === "down" ? 1 : 0);
  });
});
