import { type Duplex, duplexPair } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { SerialConsole } from "../../src/testing/console/index.ts";

/** A console and the machine at its other end. */
function open(options: { timeout?: number } = {}) {
  const [ours, theirs] = duplexPair();
  return { console: new SerialConsole("dut", ours as Duplex, options), machine: theirs as Duplex };
}

describe("expect", () => {
  it("finds texts and regular expressions, in pieces, and says what was before", async () => {
    const { console, machine } = open();
    const login = console.expect(/(\w+) login: /);
    machine.write("Debian 12\r\n\x1b[1mdu");
    await sleep(5);
    machine.write("t\x1b[0m log");
    await sleep(5);
    machine.write("in: ");
    expect(await login).toEqual({ index: 0, match: ["dut login: ", "dut"], before: "Debian 12\n" });
  });

  it("takes the earliest of several patterns, whatever their order, and leaves what follows", async () => {
    const { console, machine } = open();
    machine.write("Password: fail\r\nok\r\n");
    expect(await console.expect(["ok", /fail/])).toMatchObject({ index: 1, before: "Password: " });
    expect(await console.expect("ok")).toMatchObject({ index: 0, before: "\n" });
  });

  it("does not find what it found before", async () => {
    const { console, machine } = open({ timeout: 50 });
    machine.write("# ");
    await console.expect("# ");
    await expect(console.expect("# ")).rejects.toMatchObject({ code: "CONSOLE_TIMED_OUT" });
  });

  it("keeps what came while nobody waited", async () => {
    const { console, machine } = open();
    machine.write("early bird\r\n");
    await sleep(10);
    expect((await console.expect("bird")).before).toBe("early ");
  });

  it("finds a text that a backspace completes", async () => {
    const { console, machine } = open();
    const found = console.expect("abc");
    machine.write("abx");
    await sleep(5);
    machine.write("\bc");
    expect((await found).before).toBe("");
  });

  it("says what was expected and shows the last screen when time is up", async () => {
    const { console, machine } = open();
    machine.write("BIOS\r\n\x1b[31mKernel panic\x1b[0m - not syncing\r\n");
    await expect(console.expect(["login: ", /# $/], { timeout: 30 })).rejects.toMatchObject({
      code: "CONSOLE_TIMED_OUT",
      message: expect.stringMatching(
        /dut did not show "login: " or \/# \$\/ within 30 ms(?:.|\n)*\| BIOS\n {2}\| Kernel panic - not syncing/,
      ),
    });
  });

  it("ends at once when the console does, and when it is told to", async () => {
    const { console, machine } = open();
    const waiting = console.expect("never");
    machine.write("bye\r\n");
    machine.end();
    await expect(waiting).rejects.toMatchObject({ code: "CONSOLE_ENDED", message: expect.stringContaining("| bye") });
    await expect(console.sendLine("x")).rejects.toMatchObject({ code: "CONSOLE_ENDED" });
    const other = open();
    const abort = new AbortController();
    const aborted = other.console.expect("never", { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
  });

  it("types what it is given, and Enter as a carriage return", async () => {
    const { console, machine } = open();
    const typed = new Promise((resolve) => machine.once("data", (data: Buffer) => resolve(data.toString())));
    await console.sendLine("ls");
    expect(await typed).toBe("ls\r");
  });
});
