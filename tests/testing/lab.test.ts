import { execFile } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { type CommandError, defineLab, startLab } from "../../src/testing/index.ts";
import { labTest } from "../../src/testing/vitest.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

const pair = defineLab({
  name: "pair",
  nodes: { h1: { interfaces: { eth0: ["10.0.0.1/24"] } }, h2: { interfaces: { eth0: ["10.0.0.2/24"] } } },
  links: [["h1", "h2"]],
});
const test = labTest(pair);
const sharedTest = labTest(pair, { scope: "file" });

describe("a lab as a fixture", () => {
  test("runs commands, with their output, input and exit code", async ({ lab }) => {
    const h1 = lab.node("h1");
    expect((await h1.exec(["hostname"])).stdout).toBe("h1\n");
    expect((await h1.exec(["cat"], { input: "through\n" })).stdout).toBe("through\n");
    expect(await h1.sh("echo $NAME", { environment: { NAME: "value" } })).toBe("value\n");
    expect((await h1.exec(["false"], { anyExitCode: true })).exitCode).toBe(1);
    const failed = await h1.sh("echo no such luck >&2; exit 3").catch((error: unknown) => error as CommandError);
    expect(failed).toMatchObject({ name: "CommandError", result: { exitCode: 3, stderr: "no such luck\n" } });
    expect((failed as Error).message).toContain("no such luck");
    await expect(h1.exec(["sleep", "60"], { timeoutMs: 300 })).rejects.toThrow("did not end within 300 ms");
  });

  test("writes and reads files", async ({ lab }) => {
    const h1 = lab.node("h1");
    await h1.writeFile("/tmp/deep/er/file", "text\nwith two lines", { mode: 0o600 });
    expect(await h1.readFile("/tmp/deep/er/file")).toBe("text\nwith two lines");
    expect(await h1.sh("stat -c %a /tmp/deep/er/file")).toBe("600\n");
    const folder = await mkdtemp(join(tmpdir(), "netwright-copy-"));
    try {
      expect(await h1.copyFrom("/tmp/deep", folder)).toMatchObject({ files: 1, folders: 2 });
      expect(await readFile(join(folder, "deep/er/file"), "utf8")).toBe("text\nwith two lines");
      await h1.copyTo(`${folder}/deep/.`, "/srv/copy");
      expect(await h1.readFile("/srv/copy/er/file")).toBe("text\nwith two lines");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("measures with ping, iperf3 and http", async ({ lab }) => {
    const [h1, h2] = [lab.node("h1"), lab.node("h2")];
    const ping = await h1.ping("h2", { count: 4, intervalMs: 50 });
    expect(ping).toMatchObject({ sent: 4, received: 4, loss: 0 });
    expect(ping.times).toHaveLength(4);
    await expect(h1.ping("nobody")).rejects.toThrow(/nobody/);

    await lab.link("h1", "h2").set({ from: "h1", rate: "20mbit" });
    const tcp = await h1.iperf3(h2, "h2", { seconds: 1 });
    expect(tcp.receivedBps).toBeGreaterThan(1e6);
    expect(tcp.receivedBps).toBeLessThanOrEqual(21e6);
    const udp = await h1.iperf3(h2, "h2", { seconds: 1, udpBps: 1e6 });
    expect(udp.jitterMs).toBeGreaterThanOrEqual(0);
    expect(udp.loss).toBeLessThanOrEqual(1);

    await h2.writeFile("/tmp/www/index.html", "It works.\n");
    const server = await h2.spawn(["python3", "-u", "-m", "http.server", "-d", "/tmp/www", "80"]);
    await server.waitForOutput("Serving HTTP");
    const answer = await h1.http("http://h2/index.html");
    expect(answer).toMatchObject({ status: 200, body: "It works.\n" });
    expect(answer.headers["content-type"]).toBe("text/html");
    expect((await h1.http("http://h2/missing")).status).toBe(404);
    server.kill("SIGINT");
    await server.result({ timeoutMs: 10_000 });
    await expect(h1.http("http://h2/", { timeoutMs: 2000 })).rejects.toThrow("curl");
  });

  test("says what a program printed instead of what was waited for", async ({ lab }) => {
    const program = await lab.node("h1").spawn(["sh", "-c", "echo something else; sleep 60"]);
    await expect(program.waitForOutput("ready", { timeoutMs: 500 })).rejects.toThrow(/did not print .*something else/s);
    const short = await lab.node("h1").spawn(["echo", "bye"]);
    await expect(short.waitForOutput(/hello/)).rejects.toThrow(/before it ended.*bye/s);
  });

  test("cuts and impairs links, and partitions", async ({ lab }) => {
    const link = lab.link("h1:eth0");
    await link.set({ delay: "30ms", medium: "wire" });
    expect((await lab.node("h1").ping("h2")).minMs).toBeGreaterThanOrEqual(60);
    expect((await link.statistics()).ab?.sentFrames).toBeGreaterThan(0);
    await link.clear();
    await link.down();
    expect(await lab.node("h2").sh("cat /sys/class/net/eth0/carrier")).toBe("0\n");
    await link.up();
    await lab.partition("isolate", "h1");
    expect((await lab.node("h1").ping("10.0.0.2", { count: 2, timeoutMs: 500 })).received).toBe(0);
    await lab.heal();
    expect((await lab.node("h1").ping("10.0.0.2")).received).toBe(3);
    expect(() => lab.node("h9")).toThrow("no node");
    expect(() => lab.link("h1", "h9")).toThrow("no link");
  });

  test("captures to a file", async ({ lab }) => {
    const capture = await lab.capture("h1:eth0", { filter: "icmp" });
    await lab.node("h2").ping("10.0.0.1");
    const { interfaces } = await capture.stop();
    expect(interfaces).toMatchObject([{ name: "h1:eth0", frames: 6, droppedByRing: 0, droppedByReader: 0 }]);
    expect((await capture.bytes()).readUInt32LE(0)).toBe(0x0a0d0d0a);
  });

  const names: string[] = [];
  sharedTest("is one for all tests of a file, when asked", async ({ lab }) => {
    names.push(lab.name);
    await lab.node("h1").writeFile("/tmp/mark", "here");
  });
  sharedTest("and stays between them", async ({ lab }) => {
    names.push(lab.name);
    expect(await lab.node("h1").readFile("/tmp/mark")).toBe("here");
    expect(new Set(names).size).toBe(1);
  });
});

describe("labs", () => {
  test("of one file run side by side, and leave nothing", async ({ lab }) => {
    const others = await Promise.all([startLab(pair), startLab(pair)]);
    const folders = others.map(({ folder }) => folder);
    expect(new Set([lab, ...others].map(({ name }) => name)).size).toBe(3);
    for (const one of others) expect((await one.node("h1").ping("h2")).loss).toBe(0);
    await Promise.all(others.map((one) => one.stop()));
    for (const folder of folders) expect(existsSync(folder)).toBe(false);
    await others[0]?.stop();
  });

  test("end with their process, even when it is killed", async ({ lab }) => {
    await lab.node("h1").exec(["true"]);
    const program = join(import.meta.dirname, "programs/killed.ts");
    const { stdout } = await run(process.execPath, [program]).catch((error: { stdout: string }) => error);
    const [pid, folder = "/"] = stdout.trim().split("\n");
    expect(Number(pid)).toBeGreaterThan(1);
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    await expect.poll(() => existsSync(folder)).toBe(false);
  });

  test("come from files too, and mistakes in these are told before anything starts", async () => {
    const folder = await mkdtemp(join(tmpdir(), "netwright-testing-"));
    const file = join(folder, "lab.yaml");
    await writeFile(file, "nodes: { h1: {}, h2: { mtuu: 3 } }\nlinks: [[h1, h3]]\n");
    await expect(startLab(file)).rejects.toMatchObject({ errors: [{ code: "UNKNOWN_KEY" }, { code: "NODE_UNKNOWN" }] });
    await rm(folder, { recursive: true });
  });
});

describe("a test that fails", () => {
  test("leaves one of its own where the lab is shared, and when the lab does not come up", {
    timeout: 120_000,
  }, async () => {
    const failures = await mkdtemp(join(tmpdir(), "netwright-testing-"));
    const program = ["run", "--config", "tests/testing/programs/vitest.config.ts", "shared.vitest"];
    const outcome = await run(join(root, "node_modules/.bin/vitest"), program, {
      cwd: root,
      env: { ...process.env, NETWRIGHT_FAILURES: failures, NO_COLOR: "1", VITEST: undefined },
    }).then(
      () => ({ stdout: "it passed", stderr: "" }),
      (error: { stdout: string; stderr: string }) => error,
    );
    const printed = outcome.stdout + outcome.stderr;
    expect(printed).toMatch(/Tests {2}2 failed \| 2 passed/);
    const folders = readdirSync(failures).sort();
    expect(folders, printed).toEqual([
      expect.stringMatching(/^fails-in-a-shared-lab-/),
      expect.stringMatching(/^never-begins-/),
    ]);
    for (const folder of folders)
      expect(printed).toContain(`Logs, captures and state of the lab: ${join(failures, folder)}`);
    const [shared = "", never = ""] = folders.map((folder) => join(failures, folder));
    expect(readFileSync(join(shared, "error.txt"), "utf8")).toContain("this is meant to fail, too");
    expect(readFileSync(join(never, "error.txt"), "utf8")).toContain("no-such-command");
    expect(readFileSync(globSync(join(never, "broken-*/logs/debug.log"))[0] ?? "", "utf8")).toContain("node.start h1");
    expect(readFileSync(join(never, "lab.yaml"), "utf8")).toContain("no-such-command");
    await rm(failures, { recursive: true });
  });

  for (const [runner, argv] of [
    [
      "vitest",
      (junit: string) => [
        ...["vitest", "run", "--config", "tests/testing/programs/vitest.config.ts", "failing.vitest"],
        ...["--reporter", "default", "--reporter", "junit", `--outputFile.junit=${junit}`],
      ],
    ],
    [
      "node:test",
      (junit: string) => [
        ...[process.execPath, "--test", "--test-reporter", "tap", "--test-reporter-destination", "stdout"],
        ...["--test-reporter", "junit", "--test-reporter-destination", junit],
        "tests/testing/programs/failing.node-test.ts",
      ],
    ],
  ] as const) {
    test(`leaves a folder, and says where: ${runner}`, { timeout: 120_000 }, async () => {
      const failures = await mkdtemp(join(tmpdir(), "netwright-testing-"));
      const junit = join(await mkdtemp(join(tmpdir(), "netwright-testing-")), "junit.xml");
      const [program = "", ...rest] = argv(junit);
      const path = `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`;
      const environment = {
        ...process.env,
        PATH: path,
        NETWRIGHT_FAILURES: failures,
        NO_COLOR: "1",
        VITEST: undefined,
      };
      const outcome = await run(program, rest, { cwd: root, env: environment }).then(
        () => ({ stdout: "it passed", stderr: "" }),
        (error: { stdout: string; stderr: string }) => error,
      );
      const printed = outcome.stdout + outcome.stderr;
      const folders = readdirSync(failures);
      expect(folders, printed).toHaveLength(1);
      const folder = join(failures, folders[0] ?? "");
      expect(printed).toContain(`Logs, captures and state of the lab: ${folder}`);
      // The runner's JUnit report names the folder in the failure of that test, and nowhere else.
      const report = await readFile(junit, "utf8");
      expect(report).toMatch(/<testsuites?[ >]/);
      const failed = [...report.matchAll(/<testcase (?:[^>]*[^/])?>.*?<\/testcase>/gs)].filter(([one]) =>
        one.includes("<failure"),
      );
      expect(failed, report).toHaveLength(1);
      expect(failed[0]?.[0]).toContain(`Logs, captures and state of the lab: ${folder}`);
      expect(report.replace(failed[0]?.[0] ?? "", "")).not.toContain(folder);
      await rm(dirname(junit), { recursive: true });
      expect(await readFile(join(folder, "error.txt"), "utf8")).toContain("this is meant to fail");
      expect(readFileSync(join(folder, "events.jsonl"), "utf8")).toContain("lab.running");
      expect(readFileSync(globSync(join(folder, "failing-*/logs/debug.log"))[0] ?? "", "utf8")).toContain(
        "node.create h1",
      );
      expect(readFileSync(join(folder, "lab.yaml"), "utf8")).toContain("10.0.0.1/24");
      expect(JSON.parse(readFileSync(join(folder, "nodes/h1.json"), "utf8"))).toMatchObject({ name: "h1" });
      expect(readFileSync(join(folder, "steps.log"), "utf8")).toContain("h1: echo seen");
      await rm(failures, { recursive: true });
    });
  }
});
