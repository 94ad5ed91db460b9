import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProgramRequest } from "../../src/engines/index.ts";
import { launch } from "../../src/engines/namespace/launch.ts";
import { EventLog } from "../../src/lab/events.ts";
import { LogStore } from "../../src/lab/log-store.ts";
import { ProcessGroup } from "../../src/lab/processes/group.ts";
import { SupervisedProcess } from "../../src/lab/processes/supervised.ts";
import type { LabMode, Process } from "../../src/topology/index.ts";

/** Processes on this machine itself, in no namespace of their own: what is tested is their supervision. */
let directory = "";
let logs: LogStore;
let events: EventLog;
let group: ProcessGroup;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "netwright-test-processes-"));
  logs = new LogStore(directory);
  events = new EventLog();
});
afterEach(async () => {
  await group.stopAll();
  await logs.close();
  await rm(directory, { recursive: true });
});

function shell(name: string, line: string, more: Partial<Process> = {}): SupervisedProcess {
  const spec: Process = {
    name,
    node: "h1",
    command: { shell: line },
    environment: {},
    after: [],
    restart: "no",
    tags: [],
    stopSignal: "SIGTERM",
    graceMs: 500,
    ...more,
  };
  const view = {
    log: logs.sink({ source: name, node: "h1" }),
    run: (request: ProgramRequest) =>
      launch(request, { node: "h1", namespaces: [], environment: {}, limits: {}, home: directory }),
    inside: <Value>(body: () => Value) => body(),
    exists: () => false,
  };
  return new SupervisedProcess(spec, "process", view, events);
}

async function run(mode: LabMode, processes: readonly SupervisedProcess[]) {
  group = new ProcessGroup(mode);
  const started = group.start(processes).then(
    () => group.complete(),
    () => group.complete(),
  );
  const outcome = await group.outcome;
  await started;
  return outcome;
}

/** Ready when it says "up". */
const within = (timeoutMs: number) => ({ intervalMs: 10, timeoutMs, check: { type: "log", pattern: "^up$" } }) as const;

describe("modes", () => {
  it("wait-all-successful succeeds when all that end have ended well", async () => {
    const outcome = await run("wait-all-successful", [
      shell("server", "sleep 60", { restart: "always" }),
      shell("client", "sleep 0.1"),
      shell("other", "true"),
    ]);
    expect(outcome).toEqual({ status: "success", exitCode: 0 });
  });

  it.each(["wait-all-successful", "stop-on-failure"] as const)(
    "%s ends with the first failure, its exit code and last lines",
    async (mode) => {
      const outcome = await run(mode, [shell("long", "sleep 60"), shell("bad", "echo something is wrong >&2; exit 7")]);
      expect(outcome).toMatchObject({ status: "failure", exitCode: 7, process: "bad" });
      expect(outcome.message).toContain("ended with exit code 7");
      expect(outcome.message).toContain("something is wrong");
    },
  );

  it("keep waits for all to end, and then says how", async () => {
    const outcome = await run("keep", [shell("bad", "exit 3"), shell("slow", "sleep 0.2")]);
    expect(outcome).toMatchObject({ status: "failure", exitCode: 3, process: "bad" });
    expect(group.statuses.map((status) => status.state)).toEqual(["failed", "exited"]);
  });

  it("a signal is reported as a shell does, and by name", async () => {
    const outcome = await run("stop-on-failure", [shell("killed", "kill -SEGV $$")]);
    expect(outcome.exitCode).toBe(139);
    expect(outcome.message).toContain("SIGSEGV");
  });

  it("a program that is not there is a failure that names it", async () => {
    const outcome = await run("stop-on-failure", [shell("missing", "", { command: { argv: ["no-such-program"] } })]);
    expect(outcome).toMatchObject({ exitCode: 127, process: "missing" });
    expect(outcome.message).toContain("no-such-program");
  });
});

describe("order and readiness", () => {
  it("starts a process only when the one it comes after is ready", async () => {
    const server = shell("server", "sleep 0.2; echo up; sleep 60", { ready: within(60_000), restart: "always" });
    const client = shell("client", "true", { after: [{ process: "server", condition: "ready" }] });
    await run("wait-all-successful", [client, server]);
    const order = [
      ...(await Array.fromAsync(events.from(1, { follow: false, signal: new AbortController().signal }))),
    ].map((event) => `${event.type} ${event.subject}`);
    expect(order.indexOf("process.ready server")).toBeLessThan(order.indexOf("process.started client"));
  });

  it("runs a chain on success, and gives up what comes after a failure", async () => {
    const outcome = await run("keep", [
      shell("first", "exit 1"),
      shell("second", "echo never", { after: [{ process: "first", condition: "success" }] }),
    ]);
    expect(outcome).toMatchObject({ status: "failure", process: "first" });
    expect(group.get("second")?.status.state).toBe("failed");
    expect(group.get("second")?.status.startedAt).toBeUndefined();
  });

  it("fails with the check and the time when a process is not ready in time, and kills it", async () => {
    const outcome = await run("stop-on-failure", [shell("never", "sleep 60", { ready: within(150) })]);
    expect(outcome.status).toBe("failure");
    expect(outcome.message).toMatch(/not ready within 0.15 s.*\^up\$/);
  });
});

describe("restart and stop", () => {
  it("restarts on failure until it succeeds, counting", async () => {
    const counter = `n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) >n; [ $n -ge 2 ]`;
    const outcome = await run("wait-all-successful", [shell("flaky", counter, { restart: "on-failure" })]);
    expect(outcome.status).toBe("success");
    expect(group.get("flaky")?.status.restarts).toBe(2);
  });

  it("asks with the stop signal first, and kills after the grace period", async () => {
    group = new ProcessGroup("keep");
    const polite = shell("polite", "trap 'echo bye; exit 0' INT; echo up; while :; do sleep 0.05; done", {
      stopSignal: "SIGINT",
      ready: within(60_000),
      graceMs: 60_000,
    });
    const stubborn = shell("stubborn", "trap '' TERM; echo up; while :; do sleep 0.05; done", {
      ready: within(60_000),
      graceMs: 200,
    });
    await group.start([polite, stubborn]);
    await group.stopAll();
    expect(polite.status).toMatchObject({ exitCode: 0 });
    expect(stubborn.status).toMatchObject({ signal: "SIGKILL" });
    const said = await Array.fromAsync(
      logs.read((line) => line.source === "polite", { follow: false, signal: new AbortController().signal }),
    );
    expect(said.map((line) => line.text)).toContain("bye");
  });

  it("stops those that come after before those they need", async () => {
    group = new ProcessGroup("keep");
    const stopped: string[] = [];
    const server = shell("server", "echo up; sleep 60", { ready: within(60_000) });
    const client = shell("client", "trap 'sleep 0.2; exit 0' TERM; echo up; while :; do sleep 0.02; done", {
      ready: within(60_000),
      after: [{ process: "server", condition: "ready" }],
    });
    for (const process of [server, client]) void process.ended.then(() => stopped.push(process.spec.name));
    await group.start([server, client]);
    await group.stopAll();
    expect(stopped).toEqual(["client", "server"]);
  });
});
