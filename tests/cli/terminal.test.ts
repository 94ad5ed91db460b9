import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Netwright, twoHosts } from "./netwright.ts";
import { Terminal } from "./terminal.ts";

describe("on a terminal", () => {
  let netwright: Netwright;
  beforeAll(async () => {
    netwright = await Netwright.open({ "lab.yaml": twoHosts });
  });
  afterAll(() => netwright[Symbol.asyncDispose]());

  it("up shows what is going on, in colour", async () => {
    const terminal = new Terminal(netwright, ["up"]);
    expect(await terminal.exited).toBe(0);
    expect(terminal.shown).toContain("\x1b[32m✔\x1b[39m Create 2 nodes");
    expect(terminal.shown).toContain("Lab \x1b[1mtwo\x1b[22m runs");
  });

  it("colours go when they are not wanted", async () => {
    expect(await netwright.ok("ps")).not.toContain("\x1b[");
    const terminal = new Terminal(netwright, ["ps"], { NO_COLOR: "1" });
    expect(await terminal.exited).toBe(0);
    expect(terminal.shown).toContain("LAB");
    expect(terminal.shown).not.toContain("\x1b[");
    const other = new Terminal(netwright, ["ps", "--no-color"]);
    await other.exited;
    expect(other.shown).not.toContain("\x1b[");
  });

  it("a shell in a node has a terminal of the same size and kind, that follows, and every key", async () => {
    const terminal = new Terminal(netwright, ["shell", "h1"]);
    terminal.type("stty size; echo kind $TERM on $(hostname)\r");
    await terminal.shows(/30 100\r\n/);
    await terminal.shows(/kind xterm-256color on h1\r\n/);
    terminal.resize(123, 45);
    // The signal that says so and the keys come by different ways: keys may be first.
    await expect
      .poll(
        () => {
          terminal.type("stty size\r");
          return terminal.shown;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toMatch(/45 123\r\n/);
    // Ctrl-C is the shell's to understand, not netwright's.
    terminal.type("sh -c 'echo it $((1 + 1)) waits; exec sleep 1000'\r");
    await terminal.shows(/it 2 waits\r\n/);
    terminal.type("\x03");
    await terminal.shows(/\^C/);
    terminal.type("echo code $?\r");
    await terminal.shows(/code 130\r\n/);
    terminal.type("exit 7\r");
    expect(await terminal.exited).toBe(7);
  });

  it("a command has no terminal when it is told so, and input ends with Ctrl-D", async () => {
    const terminal = new Terminal(netwright, ["exec", "-T", "h1", "--", "sh", "-c", "tty; cat; echo end"]);
    await terminal.shows("not a tty");
    terminal.type("typed\r");
    await terminal.shows(/typed\r\ntyped\r\n/);
    terminal.type("\x04");
    await terminal.shows("end");
    expect(await terminal.exited).toBe(0);
  });

  it("Ctrl-C on the way up takes back what was made, and says so", async () => {
    netwright.write({
      "slow.yaml": `${twoHosts}processes:\n  slow: {node: h1, command: [sleep, "1000"], ready: {tcp: 1, timeout: 60s}}\n`,
    });
    const terminal = new Terminal(netwright, ["up", "-f", "slow.yaml", "-n", "slow"]);
    await terminal.shows(/Start 1 process/);
    terminal.type("\x03");
    await terminal.shows(/Starting lab "slow" was interrupted/);
    expect(await terminal.exited).toBe(130);
    await expect.poll(() => readdirSync(netwright.runtime)).toEqual(["two"]);
  });

  it("very large labs are asked about", async () => {
    netwright.write({ "big.yaml": "name: big\ngenerate:\n  - line: {count: 30000}\n" });
    const no = new Terminal(netwright, ["up", "--dry-run", "-f", "big.yaml"]);
    await no.shows(/Start it\? \[y\/N\] /);
    no.type("n\r");
    expect(await no.exited).toBe(2);
    const yes = new Terminal(netwright, ["up", "--dry-run", "-f", "big.yaml"]);
    await yes.shows(/Start it\? \[y\/N\] /);
    yes.type("y\r");
    await yes.shows(/Create 30,?000 nodes/);
    expect(await yes.exited).toBe(0);
  });

  it("every lab goes down at once, each with its line", async () => {
    await netwright.ok("up", "-q", "-n", "other");
    const terminal = new Terminal(netwright, ["down", "--all"]);
    expect(await terminal.exited).toBe(0);
    expect(terminal.shown).toContain("Take other down");
    expect(terminal.shown).toContain("Take two down");
    expect(readdirSync(join(netwright.folder, "run"))).toEqual([]);
  });
});
