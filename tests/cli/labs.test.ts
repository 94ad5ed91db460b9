import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTimeOf } from "../../src/client/registry/owner.ts";
import { finished, Netwright, twoHosts } from "./netwright.ts";

describe("the life of a lab on the command line", () => {
  it("goes from up to down, and leaves its logs only", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts, "below/deeper/x": "" });
    const up = await netwright.call(["up"], { directory: "below/deeper" });
    expect(up).toMatchObject({ exitCode: 0, stdout: "" });
    expect(up.stderr).toMatch(
      /^Create 2 nodes\.\.\. done\nConnect 1 link\.\.\. done\n(.*\n)*Lab two runs \(\d+\.\d s\)\. Next:\n {2}netwright exec h1 -- ip address\n {2}netwright ps\n {2}netwright down\n$/,
    );
    const ps = await netwright.ok("ps");
    expect(ps).toMatch(/^LAB +STATE +NODES +LINKS +PROCESSES +UP +FILE\ntwo +running +2 +1 +0 +\d+s +\S+lab\.yaml\n/);
    expect(ps).toMatch(
      /\nNODE +KIND +STATE +PROCESSES +SERVICES +INTERFACES\nh1 +host +idle +0 +0 +eth0 10\.0\.0\.1\/24\n/,
    );
    const down = await netwright.call(["down"]);
    expect(down).toMatchObject({ exitCode: 0, stdout: "", stderr: expect.stringMatching(/^Lab two is down/) });
    expect(readdirSync(netwright.runtime)).toEqual([]);
    expect(await netwright.call(["ps"])).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "No lab is running. Start one with: netwright up\n",
    });
    expect(existsSync(join(netwright.state, "two/logs/debug.log"))).toBe(true);
    expect(await netwright.ok("gc", "--logs")).toBe("Removed the logs of lab two\n");
    expect(readdirSync(netwright.state)).toEqual([]);
  });

  it("counts the processes of the lab file, and apart from them what a node runs because of its kind", async () => {
    const processes = `processes: {sleeper: {node: r1, command: [sleep, "1000"]}}`;
    const nodes = `nodes: {r1: {kind: router, frr: {config: "ip route 10.9.0.0/16 blackhole\\n"}}, r2: {kind: router}}`;
    await using netwright = await Netwright.open({ "lab.yaml": `name: counts\n${nodes}\n${processes}\n` });
    await netwright.ok("up", "-q");
    // The daemons of FRR are others in other versions.
    const all = await netwright.ok("ps", "-a");
    const daemons = [...all.matchAll(/^(\S+) +r1 +\S+ .* service$/gm)].map(([, name]) => name);
    expect(daemons).toEqual(expect.arrayContaining(["r1.zebra", "r1.staticd"]));
    const ps = await netwright.ok("ps");
    expect(ps).toMatch(/\ncounts +running +2 +0 +1 /);
    expect(ps).toMatch(new RegExp(`\\nr1 +router +running +1 +${daemons.length} *\\n`));
    expect(ps).toMatch(/\nr2 +router +idle +0 +0 *\n/);
    await netwright.ok("node", "stop", "r1");
    expect(await netwright.ok("ps")).toMatch(/\nr1 +router +off +0 +0 *\n/);
    await netwright.ok("down", "-q");
  });

  it("has one outcome for each wrong turn", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    expect(await netwright.call(["down"])).toMatchObject({
      exitCode: 1,
      stderr: 'Error: No lab named "two" is running.\nNo lab is running; start one with: netwright up\n',
    });
    expect(await netwright.call(["down", "--all"])).toMatchObject({ exitCode: 0, stderr: "No lab is running.\n" });
    await netwright.ok("up", "-q");
    expect(await netwright.call(["up"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Lab "two" is already running.\n'),
    });
    netwright.write({ "lab.yaml": twoHosts.replace("10.0.0.0", "10.9.0.0") });
    expect(await netwright.call(["up"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("its file has changed since it started"),
    });
    netwright.write({ "lab.yaml": "nodes: [" });
    // The lab is known by its file, whatever is in that by now.
    expect(await netwright.call(["down"])).toMatchObject({ exitCode: 0 });
    expect(await netwright.call(["up"])).toMatchObject({ exitCode: 2, stdout: "" });
    rmSync(join(netwright.folder, "lab.yaml"));
    expect(await netwright.call(["up"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^Error: There is no lab file \(lab\.yaml, .*\) in /),
    });
    expect(await netwright.call(["exec", "h1", "--", "true"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("no lab is running"),
    });
  });

  it("is lived by two of one file side by side, with the same addresses", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    await Promise.all([netwright.ok("up", "-n", "a"), netwright.ok("up", "-n", "b")]);
    expect(await netwright.ok("ps", "-n", "b")).toMatch(/\nIn lab b:\n\nNODE +KIND/);
    expect(await netwright.ok("events", "-n", "a", "--no-follow")).not.toContain("outcome");
    for (const name of ["a", "b"]) {
      expect(
        await netwright.ok("exec", "-n", name, "h1", "--", "ip", "-br", "-4", "address", "show", "eth0"),
      ).toContain("10.0.0.1/24");
      expect(await netwright.ok("exec", "-n", name, "h1", "--", "ping", "-c1", "-W2", "10.0.0.2")).toContain(
        " 0% packet loss",
      );
    }
    expect(await netwright.call(["exec", "h1", "--", "true"])).toMatchObject({
      exitCode: 2,
      stderr: "Error: Several labs are running: a, b.\nSay which one is meant, for example: --name a\n",
    });
    const inB = { environment: { NETWRIGHT_LAB: "b" } };
    expect(await netwright.call(["exec", "h1", "hostname"], inB)).toMatchObject({ exitCode: 0, stdout: "h1\n" });
    const { labs } = JSON.parse(await netwright.ok("down", "--all", "--json"));
    expect(labs).toEqual([
      { name: "a", how: "stopped" },
      { name: "b", how: "stopped" },
    ]);
  });

  it("ends when it is interrupted on the way up, and when its command line is killed", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}processes:\n  slow: {node: h1, command: [sleep, "1000"], ready: {tcp: 1, timeout: 60s}}\n`,
    });
    for (const [signal, exitCode] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGKILL", null],
    ] as const) {
      const child = netwright.spawn(["up"]);
      const done = finished(child);
      await expect
        .poll(() =>
          readdirSync(netwright.runtime).concat(existsSync(join(netwright.runtime, "two/api.sock")) ? ["up"] : []),
        )
        .toContain("up");
      child.kill(signal);
      const called = await done;
      expect(called.exitCode).toBe(exitCode);
      if (signal !== "SIGKILL") expect(called.stderr).toContain("was interrupted; what had been made was removed");
      await expect.poll(() => readdirSync(netwright.runtime)).toEqual([]);
      expect(await netwright.ok("ps", "--json")).toBe('{\n  "labs": [],\n  "lab": null\n}\n');
    }
  });

  it("can be taken down while it comes up", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}processes:\n  slow: {node: h1, command: [sleep, "1000"], ready: {tcp: 1, timeout: 60s}}\n`,
    });
    const up = finished(netwright.spawn(["up"]));
    await expect.poll(() => existsSync(join(netwright.runtime, "two/api.sock"))).toBe(true);
    expect(await netwright.call(["up"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("is starting right now"),
    });
    expect(await netwright.call(["down"])).toMatchObject({ exitCode: 0 });
    expect(await up).toMatchObject({ exitCode: 1 });
    expect(readdirSync(netwright.runtime)).toEqual([]);
  });

  it("ends with its supervisor, and the next ps knows", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    const { lab } = JSON.parse(await netwright.ok("up", "--json"));
    process.kill(lab.supervisorPid, "SIGKILL");
    await expect.poll(() => startTimeOf(lab.supervisorPid)).toBeUndefined();
    // What removes the lab's folder is a process of its own.
    await expect.poll(async () => JSON.parse(await netwright.ok("ps", "--json")).labs).toEqual([]);
    expect(await netwright.call(["exec", "h1", "--", "true"])).toMatchObject({ exitCode: 1 });
  });

  it("is planned and not lived with --dry-run", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    expect(await netwright.ok("up", "--dry-run")).toMatch(/^Create 2 nodes\n {2}\+ node\.create h1 \(host\)\n/);
    const { create, phases } = JSON.parse(await netwright.ok("up", "--dry-run", "--json"));
    expect(create).toBeGreaterThan(4);
    expect(phases[0].title).toBe("Create 2 nodes");
    expect(existsSync(netwright.runtime)).toBe(false);
  });
});

describe("commands in a running lab", () => {
  let netwright: Netwright;
  beforeAll(async () => {
    netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}processes:
  chatter: {node: h1, command: {shell: "echo out; echo err >&2; exec sleep 1000"}, ready: {log: out}, tags: [loud]}
  quiet: {node: h2, command: [sleep, "1000"]}
`,
    });
    await netwright.ok("up", "-q");
  });
  afterAll(() => netwright[Symbol.asyncDispose]());

  const exec = (...argv: readonly string[]) => netwright.call(["exec", "h1", "--", ...argv]);

  it("pass exit codes and signals on", async () => {
    expect(await exec("sh", "-c", "exit 37")).toMatchObject({ exitCode: 37 });
    expect(await exec("sh", "-c", "kill -TERM $$")).toMatchObject({ exitCode: 143 });
    const child = netwright.spawn([
      "exec",
      "h1",
      "--",
      "sh",
      "-c",
      "trap 'exit 9' TERM; echo ready; sleep 1000 & wait",
    ]);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    expect(await finished(child)).toMatchObject({ exitCode: 9, stdout: "ready\n" });
  });

  it("say what a shell would of a command that is not there", async () => {
    expect(await exec("no-such-program")).toMatchObject({ exitCode: 127, stderr: expect.stringContaining("ENOENT") });
    expect(await exec("/etc/hostname")).toMatchObject({ exitCode: 126 });
  });

  it("pass bytes on unchanged, both ways at once", async () => {
    const input = randomBytes(3_000_000);
    const { bytes, exitCode, stderr } = await netwright.call(["exec", "h1", "--", "cat"], { input });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(bytes.equals(input)).toBe(true);
  });

  it("keep standard output and error apart", async () => {
    expect(await exec("sh", "-c", "echo out; echo err >&2")).toMatchObject({ stdout: "out\n", stderr: "err\n" });
  });

  it("take options before the node, and leave those behind it to the command", async () => {
    const { stdout } = await netwright.call([
      "exec",
      "-e",
      "A=b c",
      "-w",
      "/tmp",
      "-u",
      "nobody",
      "h1",
      "sh",
      "-c",
      "echo $A $PWD; id -un",
    ]);
    expect(stdout).toBe("b c /tmp\nnobody\n");
    expect(await netwright.ok("exec", "h1", "--", "echo", "-n", "--", "x")).toBe("-- x");
    expect(await netwright.ok("exec", "h1", "echo", "a", "--", "b")).toBe("a -- b\n");
  });

  it("end when what they write is not wanted", async () => {
    const child = netwright.spawn(["exec", "h1", "--", "yes"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    expect(exitCode).toBe(141);
  });

  it("are read from standard input by shell", async () => {
    expect(await netwright.call(["shell", "h2"], { input: "hostname; exit 4\n" })).toMatchObject({
      exitCode: 4,
      stdout: "h2\n",
    });
  });

  it("are told what is wrong with them", async () => {
    expect(await netwright.call(["exec", "h3", "--", "true"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^Error: Lab "two" has no node "h3"\.\n/),
    });
    expect(await netwright.call(["exec", "h1"])).toMatchObject({
      exitCode: 2,
      stderr: "Error: There is no command to run.\nWrite it after the node: netwright exec h1 -- COMMAND\n",
    });
    expect(await netwright.call(["exec", "h1", "-n", "two", "--", "true"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Write: netwright exec -n two h1 -- true\n"),
    });
    expect(await netwright.call(["ps", "--json", "-n", "nope"])).toMatchObject({ exitCode: 1, stderr: "" });
  });

  it("print logs, with names in front where there are several", async () => {
    await expect.poll(() => netwright.ok("logs")).toBe("h1/chatter | out\nh1/chatter | err\n");
    expect(await netwright.ok("logs", "chatter")).toBe("out\nerr\n");
    expect(await netwright.ok("logs", "--tail", "1", "h1")).toBe("h1/chatter | err\n");
    expect(await netwright.ok("logs", "quiet", "chatter", "--json")).toMatch(
      /^\{"at":"[^"]+","source":"chatter","node":"h1","stream":"stdout","text":"out"\}\n/,
    );
    expect(await netwright.call(["logs", "nobody"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('"nobody"'),
    });
  });

  it("follow logs until they are interrupted", async () => {
    const child = netwright.spawn(["logs", "-f", "chatter"]);
    child.stdout?.once("data", () => child.kill("SIGINT"));
    expect(await finished(child)).toMatchObject({ exitCode: 130, stderr: "", stdout: expect.stringMatching(/^out\n/) });
  });

  it("print events, and processes with their state", async () => {
    expect(await netwright.ok("events", "--no-follow")).toMatch(
      / 1 \d\d:\d\d:\d\d\.\d{3} lab\.starting +Lab two starts\n/,
    );
    const events = (await netwright.ok("events", "--no-follow", "--json", "--from", "2")).trim().split("\n");
    expect(JSON.parse(events[0] ?? "")).toMatchObject({ id: 2 });
    expect(await netwright.ok("ps", "-a")).toMatch(/\nchatter +h1 +ready +0 +\d+s +process\n/);
  });

  it("print all that is known of a lab and a node", async () => {
    const lab = JSON.parse(await netwright.ok("inspect", "--json"));
    expect(lab.linkStatus).toMatchObject([{ a: "h1:eth0", b: "h2:eth0", state: "up" }]);
    expect(await netwright.ok("inspect", "h1")).toMatch(/^name: h1\nkind: host\n/);
    expect(JSON.parse(await netwright.ok("inspect", "h2", "--json"))).toMatchObject({ name: "h2", hostname: "h2" });
  });
});

describe("logs of a lab that is down", () => {
  it("stay, and are read from the disk", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}processes:\n  a: {node: h1, command: {shell: "echo one; echo two; exit 3"}}\n  b: {node: h2, command: [echo, three]}\n`,
    });
    expect((await netwright.call(["run"])).exitCode).toBe(3);
    const lines = (await netwright.ok("logs")).trim().split("\n").sort();
    expect(lines).toEqual(["h1/a | one", "h1/a | two", "h2/b | three"]);
    expect(await netwright.ok("logs", "--tail", "1", "a")).toBe("two\n");
    expect(await netwright.call(["logs", "c"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("There is output of: a, b, h1, h2."),
    });
    expect(await netwright.ok("logs", "supervisor")).toContain('"level":');
    expect(await netwright.call(["logs", "-n", "never"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("There are no logs"),
    });
  });
});

describe("what the caller has open", () => {
  it("is not open in the lab, whatever its number, and not for as long as the lab runs", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    const file = join(netwright.folder, "callers-own");
    const own = openSync(file, "w");
    const [program, ...first] = netwright.program;
    const up = spawn(program, [...first, "up"], {
      cwd: netwright.folder,
      env: netwright.environment,
      // 5 is closed by Node itself; 40 and 90 come after gaps.
      stdio: Array.from({ length: 91 }, (_, fd) => (fd < 3 ? "pipe" : [5, 40, 90].includes(fd) ? own : "ignore")),
    });
    expect(await finished(up)).toMatchObject({ exitCode: 0 });
    const { stdout } = await netwright.call(["exec", "h1", "--", "sh", "-c", "ls /proc/self/fd | tr '\\n' ' '"]);
    expect(stdout).toBe("0 1 2 3 ");
    closeSync(own);
    const holders = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && openFiles(pid).includes(file));
    expect(holders).toEqual([]);
  });
});

/** What its file descriptors are, as far as one may look. */
function openFiles(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

describe("run", () => {
  it("runs a command on a lab of its own, and takes it down", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    const script = 'echo "$NETWRIGHT_LAB"; test -S "$NETWRIGHT_SOCKET" || exit 1; exit 6';
    expect(await netwright.call(["run", "lab.yaml", "-q", "--", "sh", "-c", script])).toMatchObject({
      exitCode: 6,
      stdout: "two\n",
      stderr: "",
    });
    expect(readdirSync(netwright.runtime)).toEqual([]);
  });

  it("takes a name that is free, and runs in a node when asked", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    await netwright.ok("up", "-q");
    expect(await netwright.ok("run", "-q", "--", "sh", "-c", "echo $NETWRIGHT_LAB")).toBe("two-2\n");
    expect(await netwright.ok("run", "-q", "--node", "h2", "--", "hostname")).toBe("h2\n");
    expect(await netwright.call(["run", "-q", "-n", "two", "--", "true"])).toMatchObject({ exitCode: 1 });
  });

  it.for([
    ["stop-on-failure", "exit 5", 5],
    ["stop-on-failure", "kill -KILL $$", 137],
    ["wait-all-successful", "exit 0", 0],
    ["keep", "exit 0", 0],
  ] as const)("with mode %s and a process that does %s exits with %i", async ([mode, ending, exitCode]) => {
    await using netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}mode: ${mode}\nprocesses:\n  job: {node: h1, command: {shell: "echo working; ${ending}"}}\n`,
    });
    const called = await netwright.call(["run"]);
    expect(called).toMatchObject({ exitCode, stdout: "h1/job | working\n" });
    if (exitCode !== 0)
      expect(called.stderr).toMatch(/Error: Process job on h1 [^\n]+\nIts last lines:\n {2}working\n/);
    expect(readdirSync(netwright.runtime)).toEqual([]);
  });

  it("ends the command when the lab fails under it", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}mode: stop-on-failure\nprocesses:\n  job: {node: h1, command: {shell: "sleep 0.5; exit 8"}}\n`,
    });
    const called = await netwright.call(["run", "-q", "--", "sleep", "1000"]);
    expect(called).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("Process job on h1 ended with exit code 8"),
    });
  });

  it("takes the lab with it, however it ends", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    for (const [signal, exitCode] of [
      ["SIGTERM", 143],
      ["SIGKILL", null],
    ] as const) {
      const child = netwright.spawn(["run", "-q", "--", "sh", "-c", "echo $$; exec sleep 1000"]);
      const done = finished(child);
      const command = await new Promise<number>((resolve) =>
        child.stdout?.once("data", (data) => resolve(Number(data))),
      );
      child.kill(signal);
      await expect.poll(() => readdirSync(netwright.runtime)).toEqual([]);
      // The command, too, even when nobody is left to tell it.
      await expect.poll(() => startTimeOf(command)).toBeUndefined();
      expect((await done).exitCode).toBe(exitCode);
    }
  });

  it("chooses processes, and says when there is nothing to run", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": `${twoHosts}processes:
  server: {node: h1, command: {shell: "echo server; exec sleep 1000"}, tags: [long]}
  client: {node: h2, command: [echo, client]}
`,
    });
    expect(await netwright.call(["run", "--exclude", "long"])).toMatchObject({
      exitCode: 0,
      stdout: "h2/client | client\n",
    });
    expect(await netwright.call(["run", "--only", "clien"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean "client"?'),
    });
    expect(await netwright.call(["run", "--exclude", "server,client"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("there is nothing to run"),
    });
  });
});

describe("a call that is none", () => {
  it.for([
    [["dwon"], "Error: Unknown command 'dwon'.\nDid you mean down?\nHow it is called: netwright --help\n"],
    [["ps", "--jsn"], "Error: Unknown option '--jsn'.\nDid you mean --json?\nHow it is called: netwright ps --help\n"],
    [["exec"], "Error: Missing required argument 'node'.\nHow it is called: netwright exec --help\n"],
  ] as const)("%s reads like every other error", async ([argv, stderr]) => {
    await using netwright = await Netwright.open();
    expect(await netwright.call(argv)).toMatchObject({ exitCode: 2, stdout: "", stderr });
  });
});

describe("lab files on the command line", () => {
  it("are checked, all of them, with the exit code of bad input", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts, "bad.yaml": "name: bad\nnods: {}\n" });
    expect(await netwright.ok("validate")).toMatch(/lab\.yaml is valid: 2 nodes, 1 link, 0 processes\n$/);
    const bad = await netwright.call(["validate", "lab.yaml", "bad.yaml", "none.yaml"]);
    expect(bad.exitCode).toBe(2);
    expect(bad.stderr).toMatch(/^bad\.yaml:2:1 {2}/);
    expect(bad.stderr).toContain("Cannot read none.yaml: there is no such file.");
    const { files } = JSON.parse((await netwright.call(["validate", "--json", "bad.yaml"])).stdout);
    expect(files[0]).toMatchObject({ valid: false, errors: [{ at: { line: 2, column: 1 } }] });
  });

  it("may be modules", async () => {
    await using netwright = await Netwright.open({
      "lab.ts": `import { defineLab } from "netwright";
const names: readonly string[] = ["h1", "h2"];
export default defineLab({ name: "typed", nodes: Object.fromEntries(names.map((name) => [name, {}])), links: [{ endpoints: ["h1", "h2"] }] });
`,
      "broken.ts": "throw new Error('not today');\n",
      "empty.mjs": "export const x = 1;\n",
    });
    const { name, nodes } = JSON.parse(await netwright.ok("config", "--json"));
    expect({ name, nodes: nodes.length }).toEqual({ name: "typed", nodes: 2 });
    expect(await netwright.call(["validate", "broken.ts"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("broken.ts cannot be used as a lab: not today"),
    });
    expect(await netwright.call(["validate", "empty.mjs"])).toMatchObject({ exitCode: 2 });
  });

  it("are resolved to a file that gives the same lab", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    writeFileSync(join(netwright.folder, "again.yaml"), await netwright.ok("config"));
    expect(await netwright.ok("config", "-f", "again.yaml", "--json")).toBe(await netwright.ok("config", "--json"));
  });

  it("are drawn, on the terminal or into files", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts });
    expect(await netwright.ok("graph")).toContain("10.0.0.1/24");
    expect(await netwright.ok("graph", "--format", "dot")).toMatch(/^(strict )?graph/);
    expect(JSON.parse(await netwright.ok("graph", "--json"))).toBeTypeOf("object");
    await netwright.ok("graph", "-o", "lab.svg");
    expect(readFileSync(join(netwright.folder, "lab.svg"), "utf8")).toMatch(/<svg /);
    expect(await netwright.call(["graph", "-o", "nowhere/lab.svg"])).toMatchObject({ exitCode: 2 });
  });

  it("ask before they make very many nodes, and do not where nobody can answer", async () => {
    await using netwright = await Netwright.open({
      "lab.yaml": "name: big\ngenerate:\n  - line: {count: 30000}\n",
    });
    const refused = await netwright.call(["up", "--dry-run"]);
    expect(refused).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("--yes") });
  });
});

describe("the rest", () => {
  it("tells its version, with anything and with nothing else", async () => {
    await using netwright = await Netwright.open();
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await netwright.ok("--version")).toBe(`${version}\n`);
    expect(await netwright.ok("-V", "up")).toBe(`${version}\n`);
    expect(JSON.parse(await netwright.ok("version", "--json"))).toMatchObject({
      netwright: version,
      node: process.versions.node,
    });
  });

  it("helps, and sends usage errors to standard error with exit code 2", async () => {
    await using netwright = await Netwright.open();
    expect(await netwright.ok("--help")).toContain("Run labs:");
    expect(await netwright.ok("help", "up")).toContain("Usage: netwright up [options]");
    expect(await netwright.ok("exec", "--help")).toContain("netwright exec h1 -- ping -c 3 10.0.0.2");
    for (const argv of [
      [],
      ["nonsense"],
      ["up", "--nonsense"],
      ["up", "--set", "x"],
      ["logs", "--tail", "many"],
      ["exec"],
    ]) {
      const { exitCode, stdout, stderr } = await netwright.call(argv);
      expect({ argv, exitCode, stdout }).toEqual({ argv, exitCode: 2, stdout: "" });
      expect(stderr).not.toBe("");
    }
  });

  it("blames the option, where a file that is named cannot be read or a name not be had", async () => {
    await using netwright = await Netwright.open({ "lab.yaml": twoHosts, token: "secret" });
    const absent = "Error: Cannot read nope: there is no such file.\n";
    for (const [command, said] of [
      ["context add x http://127.0.0.1:1 -p p --token-file nope", absent],
      ["context add x http://127.0.0.1:1 -p p --token-file token --ca nope", absent],
      ["context add x http://127.0.0.1:1 -p p --token-file .", "Error: Cannot read .: it is a folder.\n"],
      ["config push h1 nope", absent],
      ["graph -o none/lab.svg", "Error: Cannot write none/lab.svg: there is no such folder.\n"],
    ] as const)
      expect({ command, ...(await netwright.call(command.split(" "))) }).toMatchObject({
        command,
        exitCode: 2,
        stderr: said,
      });
    const served = await netwright.call(["serve", "--config", "nope.yaml"]);
    expect(served).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^Error: Cannot read \S*nope\.yaml: there is no such file\.\n$/),
    });
    const named = await netwright.call(["up", "-n", "Bad Name!"]);
    expect(named).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /'-n, --name <lab>' argument 'Bad Name!' is invalid\. Use letters, digits and hyphens/,
      ),
    });
  });

  it("examines the machine by trying", async () => {
    await using netwright = await Netwright.open();
    const { able, checks } = JSON.parse(await netwright.ok("doctor", "--json"));
    expect(able).toBe(true);
    const statusOf = (name: string) => checks.find((check: { name: string }) => check.name === name)?.status;
    expect(statusOf("User namespaces")).toBe("ok");
    expect(statusOf("Kernel: veth")).toBe("ok");
    for (const { name, status, neededFor, detail } of checks) {
      expect(["ok", "limited", "missing", "unknown"], name).toContain(status);
      expect(neededFor && detail, name).not.toBe("");
    }
  });

  it("collects what dead labs left", async () => {
    await using netwright = await Netwright.open({
      "run/dead/lab.json": JSON.stringify({
        name: "dead",
        digest: "",
        startedAt: "",
        ownerPid: 4194305,
        ownerStartTime: "1",
        version: "",
      }),
      "run/dead/claim.0123": "",
    });
    expect(await netwright.ok("gc")).toBe("Removed lab dead\n");
    expect(readdirSync(netwright.runtime)).toEqual([]);
    expect(await netwright.call(["gc"])).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "There was nothing to remove.\n",
    });
    netwright.write({ "state/old/logs/x.log": "", "state/new/logs/x.log": "", "state/.ui/netwright.db": "" });
    for (const path of ["old/logs/x.log", "old/logs", "old"]) utimesSync(join(netwright.state, path), 0, 0);
    expect((await netwright.call(["gc"])).stderr).toMatch(/\nLogs of 2 labs that do not run are in .*gc --logs\n$/);
    expect((await netwright.call(["gc", "--older-than", "a week"])).exitCode).toBe(2);
    expect(await netwright.ok("gc", "--older-than", "30d")).toBe("Removed the logs of lab old\n");
    expect(await netwright.ok("gc", "--logs")).toBe("Removed the logs of lab new\n");
    expect(readdirSync(netwright.state)).toEqual([".ui"]);
  });
});
