import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { spawn } from "@lydell/node-pty";
import { describe, expect, it, onTestFinished } from "vitest";
import { packageCache } from "../../appliances/image/debian.ts";
import { ConsoleShell, SerialConsole } from "../../src/testing/console/index.ts";

/** Where there is no busybox, that of the guests of other tests, if it was fetched. */
const busybox =
  globSync("busybox-static_*/bin/busybox", { cwd: packageCache }).map((file) => join(packageCache, file))[0] ??
  "busybox";

const has = (program: string) => spawnSync(program, ["--help"]).error === undefined;

/** A program on a terminal of 40 columns, as a console: whatever is typed is echoed, and wrapped. */
function onTerminal(argv: readonly [string, ...string[]], noise?: string) {
  const folder = mkdtempSync(join(tmpdir(), "netwright-test-"));
  const pty = spawn(argv[0], argv.slice(1), {
    cols: 40,
    rows: 24,
    name: "vt100",
    cwd: folder,
    encoding: null,
    env: { PATH: process.env["PATH"], TERM: "vt100", HOME: folder, PS1: "# " },
  });
  const stream = new Duplex({
    read: () => {},
    write: (data: Buffer, _, done) => {
      pty.write(data.toString("latin1"));
      done();
    },
  });
  pty.onData((data: unknown) => stream.push(data as Buffer));
  pty.onExit(() => stream.push(null));
  const junk = noise === undefined ? undefined : setInterval(() => stream.push(noise), 7);
  onTestFinished(() => {
    clearInterval(junk);
    pty.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const console = new SerialConsole("dut", stream, { timeout: 20_000 });
  return { console, shell: new ConsoleShell(console), folder };
}

const shells: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ["dash", ["sh", "-i"]],
  ["bash with its line editor", ["bash", "--norc", "--noprofile", "-i"]],
  ["busybox with its line editor", [busybox, "sh"]],
];

describe.each(shells)("a shell on a console: %s", (_, argv) => {
  const start = ({ skip }: { skip: (note: string) => void }, noise?: string) => {
    if (!has(argv[0])) skip(`there is no ${argv[0]} here`);
    return onTerminal(argv, noise);
  };

  it("gives the exit code and exactly the output of a command", async (context) => {
    const { shell } = start(context);
    expect(await shell.run("echo hello")).toEqual({ exitCode: 0, output: "hello\n" });
    expect(await shell.run("printf no-newline")).toEqual({ exitCode: 0, output: "no-newline" });
    expect(await shell.run("echo out; echo err >&2; (exit 7)")).toEqual({ exitCode: 7, output: "out\nerr\n" });
    expect(await shell.run("true")).toEqual({ exitCode: 0, output: "" });
    expect((await shell.run("no-such-command")).exitCode).toBe(127);
  });

  it("takes neither echo, nor wrapped echo, nor prompts in output for the end", async (context) => {
    const { shell } = start(context);
    const long = `echo ${"word ".repeat(60)}done`;
    expect((await shell.run(long)).output).toBe(`${"word ".repeat(60)}done\n`);
    expect((await shell.run("printf '# \\nlogin: \\n$ \\n# '; sleep 0.2; echo later")).output).toBe(
      "# \nlogin: \n$ \n# later\n",
    );
    expect((await shell.run("printf '%s %s\\n' 'it'\\''s' \"$((20+22)) %s\"")).output).toBe("it's 42 %s\n");
  });

  it("keeps the shell's folder and variables, and takes commands of several lines and scripts", async (context) => {
    const { shell } = start(context);
    await shell.check("mkdir sub && cd sub && A=1");
    expect(await shell.check('basename "$PWD"; echo $A')).toBe("sub\n1\n");
    expect(await shell.check('for n in 1 2 3; do\n  echo "n=$n"\ndone\nB=2')).toBe("n=1\nn=2\nn=3\n");
    expect(await shell.check("echo $B")).toBe("2\n");
    expect(await shell.runScript("#!/bin/sh\necho from a script\nexit 5\n")).toEqual({
      exitCode: 5,
      output: "from a script\n",
    });
    expect(await shell.check("echo ~ /tmp/netwright-* | grep -c 'netwright-[0-9a-f]*$' || true")).toMatch(/^[01]\n$/);
  });

  it("does not wait for the end of a command that the shell cannot read", async (context) => {
    const { shell } = start(context);
    expect((await shell.run("echo 'unfinished")).exitCode).not.toBe(0);
    expect((await shell.run("echo still here")).output).toBe("still here\n");
  });

  it("uploads any text unchanged", async (context) => {
    const { shell, folder } = start(context);
    const text = `${"0123456789".repeat(500)}\n.\n\\n \\0101 'quotes' "$HOME" \`x\`\ttab\n  Grüße, 世界\n.`;
    await shell.uploadText("a file", text, { mode: "0750" });
    expect(readFileSync(join(folder, "a file"), "utf8")).toBe(text);
    expect(execFileSync("stat", ["-c", "%a", join(folder, "a file")], { encoding: "utf8" })).toBe("750\n");
    await expect(shell.uploadText("/no/such/folder/x", "x")).rejects.toMatchObject({ code: "CONSOLE_COMMAND_FAILED" });
    expect((await shell.run("echo still here")).output).toBe("still here\n");
  });

  it("finds its way through messages that come at any time", async (context) => {
    const { shell } = start(context, "\r\n[   12.345678] e1000: eth0: link down\r\n");
    for (let n = 0; n < 5; n++) expect((await shell.run(`echo value-${n}; (exit ${n})`)).exitCode).toBe(n);
  });

  it("loses nothing of a megabyte", async (context) => {
    const { shell } = start(context);
    const { output, exitCode } = await shell.run("seq 1 150000", { timeout: 60_000 });
    expect(exitCode).toBe(0);
    expect(output.length).toBeGreaterThan(900_000);
    expect(output).toBe(`${Array.from({ length: 150_000 }, (_, index) => index + 1).join("\n")}\n`);
  });

  it("says how a checked command failed", async (context) => {
    const { shell } = start(context);
    await expect(shell.check("echo why; exit_now=1; (exit 3)")).rejects.toMatchObject({
      code: "CONSOLE_COMMAND_FAILED",
      message: expect.stringMatching(/failed with exit code 3:\n {2}\| why/),
    });
  });
});

describe("login", () => {
  /** Answers as getty and login do; `secret` lets in. */
  const getty = `echo "Last login: never"; while :; do printf 'dut login: '; read -r user || exit; [ -n "$user" ] || continue
stty -echo; printf 'Password: '; read -r pass; stty echo; echo
[ "$user:$pass" = root:secret ] && { echo "Last login: today"; sh -i; echo logged out; } || { sleep 0.2; echo "Login incorrect"; }; done`;

  it("waits through the boot, logs in, and is in a shell", async () => {
    const { shell } = onTerminal(["sh", "-c", `sleep 0.5; echo 'checking login: databases'; sleep 0.3; ${getty}`]);
    await shell.login({ user: "root", password: "secret" });
    expect((await shell.run("echo in")).output).toBe("in\n");
  });

  it("finds that it is logged in already", async () => {
    const { shell } = onTerminal(["sh", "-i"]);
    await shell.login({ user: "root", password: "secret" });
    await shell.login({ user: "root", password: "secret" });
    expect((await shell.run("echo in")).output).toBe("in\n");
  });

  it("waits for a machine that was reset under a shell, whatever was typed meanwhile", async () => {
    const { shell } = onTerminal(["sh", "-c", `printf 'old:~# '; sleep 5; echo booting; ${getty}`]);
    await shell.login({ user: "root", password: "secret", timeout: 20_000 });
    expect((await shell.run("echo in")).output).toBe("in\n");
  });

  it("wakes a machine whose prompt was overwritten", async () => {
    const { shell } = onTerminal(["sh", "-c", `(sleep 0.2; echo; echo '[ 5.0] random: crng init done') & ${getty}`]);
    await shell.login({ user: "root", password: "secret" });
    expect((await shell.run("echo in")).output).toBe("in\n");
  });

  it("says that it was refused, with the screen", async () => {
    const { shell } = onTerminal(["sh", "-c", getty]);
    await expect(shell.login({ user: "root", password: "wrong" })).rejects.toMatchObject({
      code: "CONSOLE_LOGIN_REFUSED",
      message: expect.stringContaining("| Login incorrect"),
    });
  });

  it("gives up at its deadline when no prompt comes", async () => {
    const { shell } = onTerminal(["sh", "-c", "echo booting; stty -echo; sleep 60"]);
    await expect(shell.login({ user: "root", timeout: 500 })).rejects.toMatchObject({
      code: "CONSOLE_TIMED_OUT",
      message: expect.stringMatching(/a login prompt(?:.|\n)*\| booting/),
    });
  });
});
