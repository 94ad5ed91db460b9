import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FaultReport, FaultsRequest, LabEvent } from "../../src/client/index.ts";
import { loadFaults } from "../../src/topology/faults/load.ts";
import { type Lab, timelineOf } from "../../src/topology/index.ts";
import { host, iface, lab, link, process_, RunningLab } from "./running-lab.ts";

/** Two links, so that faults on one do not hide those on the other. */
const wanted = (name: string, more: Partial<Lab> = {}): Lab =>
  lab(name, {
    nodes: [
      host("h1", [iface("eth0", "10.0.0.1/24"), iface("eth1", "10.0.1.1/24")]),
      host("h2", [iface("eth0", "10.0.0.2/24")]),
      host("h3", [iface("eth0", "10.0.1.3/24")]),
    ],
    links: [link("h1:eth0", "h2:eth0"), link("h1:eth1", "h3:eth0")],
    ...more,
  });
const first = "h1:eth0 — h2:eth0";

type Performed = Extract<FaultReport, { type: "done" | "failed" }>;
type Ended = Extract<FaultReport, { type: "ended" }>;

/** Runs a schedule to its end. */
async function run(on: RunningLab, request: FaultsRequest) {
  const reports = await Array.fromAsync(on.client.runFaults(request));
  const ended = reports.at(-1) as Ended;
  return {
    performed: reports.filter((report): report is Performed => report.type === "done" || report.type === "failed"),
    ended,
    log: readFileSync(ended.run.log, "utf8"),
  };
}
const eventsOf = async (on: RunningLab, ...types: readonly string[]): Promise<readonly LabEvent[]> =>
  (await Array.fromAsync(on.client.events())).filter(({ type }) => types.includes(type));
const carrier = async (on: RunningLab, node: string, name = "eth0") =>
  (await on.sh(node, `cat /sys/class/net/${name}/carrier`)).trim();
const carrierChanges = async (on: RunningLab, node: string) =>
  Number(await on.sh(node, "cat /sys/class/net/eth0/carrier_changes"));
const stateOf = async (on: RunningLab, id: string) =>
  (await on.client.detail()).linkStatus.find((one) => one.id === id);
const reaches = async (on: RunningLab, node: string, address: string) =>
  (await on.run(node, ["ping", "-c", "1", "-W", "1", address])).exitCode === 0;
/** How late a fault may be on a machine that does other things as well: it was not forgotten. */
const latestMs = 30_000;

describe("a run of faults", () => {
  let running: RunningLab;
  beforeAll(async () => {
    running = await RunningLab.up(
      wanted("faults", { processes: [process_("beacon", "h3", "while :; do sleep 0.1; done")] }),
    );
  });
  afterAll(() => running[Symbol.asyncDispose]());

  it("does what it says, each at its time, and says what it did", async () => {
    const text = `
steps:
  - { at: 200ms, do: link down h1 h2, for: 400ms }
  - { at: 300ms, do: link set h1 h3, impairment: { delay: 60ms }, for: 500ms }
  - { at: 900ms, do: partition isolate h2 }
  - { at: 1s, do: partition heal }
`;
    const changes = async () => [await carrierChanges(running, "h2"), await carrierChanges(running, "h3")] as const;
    const [before, otherBefore] = await changes();
    const beganMs = performance.now();
    const { performed, ended } = await run(running, { text, file: "chaos.yaml", seed: 1 });
    const tookMs = performance.now() - beganMs;
    expect(performed.map(({ type, atMs, action }) => `${type} ${atMs} ${action}`)).toEqual([
      "done 200 link down h1:eth0 h2:eth0",
      "done 300 link set h1:eth1 h3:eth0: h1:eth1 sends delay 60ms; h3:eth0 sends delay 60ms",
      "done 600 link up h1:eth0 h2:eth0",
      "done 800 link clear h1:eth1 h3:eth0",
      "done 900 partition isolate h2",
      "done 1000 partition heal",
    ]);
    for (const { lateMs } of performed) expect(lateMs).toBeLessThan(latestMs);
    expect(ended.run).toMatchObject({ name: "chaos.yaml", outcome: "success", total: 6, done: 6, failed: 0, seed: 1 });
    expect(ended.inForce).toEqual([]);
    // What was planned is what is told of the run afterwards.
    const planned = await running.client.planFaults({ text, seed: 1 });
    const told = await running.client.faultTimeline(ended.run.number);
    expect(planned.entries.map(({ state }) => state)).toEqual(Array(6).fill("planned"));
    expect(told.entries.map(({ lateMs: _, ...entry }) => ({ ...entry, state: "planned" }))).toEqual(planned.entries);
    expect(told.entries.every(({ state, lateMs = -1 }) => state === "done" && lateMs >= 0)).toBe(true);
    await expect(running.client.faultTimeline(99)).rejects.toMatchObject({ code: "FAULTS_RUN_NOT_FOUND" });
    // Carrier went and came back, and only where it was to.
    const [after, otherAfter] = await changes();
    expect([after - before, otherAfter - otherBefore]).toEqual([2, 0]);
    const events = await eventsOf(
      running,
      "fault.run.started",
      "fault.done",
      "fault.run.ended",
      "link.down",
      "link.up",
    );
    expect(events.map(({ type }) => type)).toEqual([
      "fault.run.started",
      ...["link.down", "fault.done", "fault.done", "link.up", "fault.done", "fault.done", "fault.done", "fault.done"],
      "fault.run.ended",
    ]);
    expect(events[2]).toMatchObject({ subject: first, data: { run: 1, atMs: 200 } });
    const at = (index: number) => Date.parse(events[index]?.at ?? "");
    expect(at(4) - at(1)).toBeLessThan(400 + latestMs);
    // Nothing was done sooner than it was to be.
    for (const { lateMs } of performed) expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(tookMs).toBeGreaterThanOrEqual(1000);
  });

  const chance = `
steps:
  - { at: 0s..300ms, every: 50ms..150ms, until: 700ms, one-of: [link down h1 h2, link down h1 h3], for: 10ms..40ms }
  - { at: 500ms, do: link set h1 h3, impairment: { preset: 4g up, loss: { p: 1%, r: 30% } } }
  - { at: 600ms, do: link clear h1 h3 }
`;

  it("is the same with the same seed, log and all, and another with another", async () => {
    const one = await run(running, { text: chance, seed: 7 });
    const two = await run(running, { text: chance, seed: 7 });
    const other = await run(running, { text: chance, seed: 8 });
    expect(one.performed.length).toBeGreaterThan(8);
    expect(two.log).toBe(one.log);
    expect(other.log).not.toBe(one.log);
    const schedule = loadFaults(chance, "faults.yaml", await running.client.config());
    expect(one.performed.map(({ atMs }) => atMs)).toEqual(timelineOf(schedule, 7).map(({ atMs }) => atMs));
  });

  it("is done again by its log", async () => {
    const before = await run(running, { text: chance, seed: 21 });
    const after = await run(running, { text: before.log, file: "log.yaml" });
    const said = ({ performed }: typeof before) =>
      performed.map(({ type, atMs, action }) => `${type} ${atMs} ${action}`);
    expect(said(after)).toEqual(said(before));
    expect(after.log).toBe(before.log);
    for (const { lateMs } of after.performed) expect(lateMs).toBeLessThan(latestMs);
  });

  it("uses the seed of the file, and the lab's where that has none", async () => {
    expect((await run(running, { text: "{seed: 99, steps: []}" })).ended.run).toMatchObject({ seed: 99, total: 0 });
    const [starting] = await eventsOf(running, "lab.starting");
    expect((await run(running, { text: "steps: []" })).ended.run.seed).toBe(starting?.data?.["seed"]);
    expect((await run(running, { text: "{seed: 99, steps: []}", seed: 3 })).ended.run.seed).toBe(3);
  });

  it("waits for events, which it causes itself here, and counts from them", async () => {
    const text = `
steps:
  - { after: process beacon started, at: 200ms, do: link down h1 h2 }
  - { after: process beacon exited, at: 100ms, do: node start h3 }
  - { at: 300ms, do: node kill h3 }
  - { after: node h3 started, at: 400ms, do: link up h1 h2 }
`;
    const { performed, ended, log } = await run(running, { text });
    expect(ended.run).toMatchObject({ outcome: "success", done: 4 });
    const atOf = (action: string) => performed.find((one) => one.action.startsWith(action))?.atMs ?? Number.NaN;
    expect(performed.map(({ action }) => action.split(" h")[0])).toEqual([
      "node kill",
      "node start",
      "link down",
      "link up",
    ]);
    const [kill, start, down, up] = ["node kill", "node start", "link down", "link up"].map(atOf) as [
      number,
      number,
      number,
      number,
    ];
    expect(kill).toBe(300);
    expect(start - kill).toBeGreaterThanOrEqual(100);
    expect(start - kill).toBeLessThan(100 + latestMs);
    expect(down).toBeGreaterThanOrEqual(start + 200);
    expect(up).toBeGreaterThanOrEqual(start + 400);
    // The log has times alone: it needs no events.
    expect(log).not.toContain("after");
    expect(loadFaults(log, "log.yaml", await running.client.config()).steps).toHaveLength(4);
  });

  it("goes on when a fault cannot be done, and says so at the end", async () => {
    const text =
      "steps:\n- {at: 0s, do: link down h1 h3}\n- {after: node h3 started, do: link down h1 h2}\n- {after: node h3 started, at: 100ms, do: link up h1 h3}\n";
    const reports: FaultReport[] = [];
    for await (const report of running.client.runFaults({ text })) {
      reports.push(report);
      if (report.type !== "done" || report.atMs > 0) continue;
      // The link goes away under the run.
      const now = await running.client.config();
      await running.client.apply({
        lab: { ...now, links: now.links.filter(({ id }) => id !== first) },
        digest: "less",
      });
      await running.client.actOnNode("h3", "restart");
    }
    await running.client.apply({
      lab: { ...(await running.client.config()), links: wanted("faults").links },
      digest: "test",
    });
    expect(reports.map(({ type }) => type)).toEqual(["started", "done", "failed", "done", "ended"]);
    expect(reports[2]).toMatchObject({ error: { code: "LINK_NOT_FOUND" } });
    const { run: ended } = reports[4] as Ended;
    expect(ended).toMatchObject({ outcome: "failure", done: 2, failed: 1 });
    const log = readFileSync(ended.log, "utf8");
    expect(log).toContain("# - ");
    expect(loadFaults(log, "log.yaml", await running.client.config()).steps).toHaveLength(2);
    expect(await eventsOf(running, "fault.failed")).toHaveLength(1);
  });

  it("pauses a node for a while", async () => {
    const text = "steps: [{do: node pause h3, for: 600ms}]";
    const changes = async () => (await eventsOf(running, "node.changed")).filter(({ subject }) => subject === "h3");
    const before = (await changes()).length;
    expect((await run(running, { text })).ended.run).toMatchObject({ outcome: "success", done: 2 });
    const [paused, resumed, ...others] = (await changes()).slice(before);
    expect([paused?.data, resumed?.data, others]).toEqual([
      { action: "pause", state: "paused" },
      { action: "resume", state: "running" },
      [],
    ]);
    expect(Date.parse(resumed?.at ?? "") - Date.parse(paused?.at ?? "")).toBeGreaterThan(0);
    // Between two of them there is none.
    await expect.poll(() => running.sh("h3", "pgrep sleep | wc -l")).not.toBe("0\n");
  });

  describe("that is refused", () => {
    it("is not begun, whatever is right in it, and all that is wrong is told with its place", async () => {
      const before = (await running.client.faults()).runs.length;
      const text = "steps:\n  - {do: link down h1 h2}\n  - {do: node kill h9}\n  - {do: link up h1 h9, at: 1s}\n";
      const error = await run(running, { text, file: "bad.yaml" }).then(
        () => undefined,
        (thrown: AggregateError) => thrown,
      );
      expect(error?.errors).toMatchObject([
        { code: "NODE_NOT_FOUND", exitCode: 2, at: { file: "bad.yaml", line: 3, column: 10 } },
        { code: "LINK_NOT_FOUND", exitCode: 2, at: { file: "bad.yaml", line: 4, column: 10 } },
      ]);
      expect((await stateOf(running, first))?.state).toBe("up");
      expect((await running.client.faults()).runs).toHaveLength(before);
    });

    it("is that of a file where the lab has none", async () => {
      await expect(run(running, {})).rejects.toMatchObject({ code: "FAULTS_MISSING" });
    });

    it("is a second one beside another, which goes on", async () => {
      const done: string[] = [];
      for await (const report of running.client.runFaults({ text: "steps: [{at: 500ms, do: link up h1 h2}]" })) {
        if (report.type === "started")
          await expect(run(running, { text: "steps: []" })).rejects.toMatchObject({ code: "FAULTS_RUNNING" });
        done.push(report.type);
      }
      expect(done).toEqual(["started", "done", "ended"]);
    });
  });

  describe("that is stopped", () => {
    const long = "steps:\n- {do: link down h1 h2}\n- {do: node pause h3, at: 100ms}\n- {do: link up h1 h2, at: 1h}\n";
    const untilDone = (count: number) =>
      expect.poll(async () => (await running.client.faults()).runs.at(-1)?.done).toBe(count);

    it("leaves what is in force, which healing ends", async () => {
      const reports = await Array.fromAsync(running.client.runFaults({ text: long, detach: true }));
      expect(reports.map(({ type }) => type)).toEqual(["started"]);
      await untilDone(2);
      const { runs } = await running.client.faults();
      expect(runs.at(-1)).toMatchObject({ state: "running", next: { action: "link up h1:eth0 h2:eth0" } });
      expect(runs.at(-1)?.next?.inMs).toBeGreaterThan(3_500_000);
      const stopped = await running.client.stopFaults();
      expect(stopped).toMatchObject({
        run: { state: "ended", outcome: "stopped", done: 2 },
        healed: [],
        inForce: ["node start h3", "link up h1:eth0 h2:eth0"],
      });
      expect((await stateOf(running, first))?.state).toBe("down");
      await expect(running.client.stopFaults()).rejects.toMatchObject({ code: "FAULTS_NOT_RUNNING" });
      const healed = await running.client.stopFaults({ heal: true });
      expect(healed).toEqual({ healed: ["node start h3", "link up h1:eth0 h2:eth0"], failed: [], inForce: [] });
      await expect.poll(() => carrier(running, "h2")).toBe("1");
      expect((await running.client.detail()).nodeStatus.find(({ name }) => name === "h3")?.state).toBe("running");
    });

    it("is one whose caller goes away", async () => {
      const leaving = new AbortController();
      for await (const report of running.client.runFaults({ text: long }, { signal: leaving.signal }))
        if (report.type === "done") leaving.abort();
      await expect
        .poll(async () => (await running.client.faults()).runs.at(-1))
        .toMatchObject({ state: "ended", outcome: "stopped" });
      await running.client.stopFaults({ heal: true });
      expect((await running.client.faults()).inForce).toEqual([]);
    });
  });
});

describe("faults of the lab file", () => {
  it("begin when the lab runs; what happened while it came up counts as having happened then", async () => {
    const own = wanted("own-faults", {
      processes: [
        process_("web", "h2", "sleep 0.3; touch /tmp/up; exec sleep 1000", {
          ready: { intervalMs: 50, timeoutMs: 60_000, check: { type: "file", path: "/tmp/up" } },
        }),
        process_("late", "h3", "until [ -e /tmp/end ]; do sleep 0.05; done"),
      ],
    });
    const text = `
seed: 11
steps:
  - { at: 100ms, do: link down h1 h2 }
  - { after: process web ready, at: 200ms, do: link down h1 h3 }
  - { after: process late exited, at: 50ms, do: link up h1 h3 }
  - { after: node h1 started, at: 300ms, do: partition isolate h1 }
`;
    await using running = await RunningLab.up({ ...own, faults: loadFaults(text, "lab.yaml", own) });
    await expect.poll(async () => (await running.client.faults()).runs[0]?.done).toBe(3);
    await running.sh("h3", "touch /tmp/end");
    await expect
      .poll(async () => (await running.client.faults()).runs)
      .toMatchObject([{ name: "lab file", seed: 11, outcome: "success", done: 4 }]);
    const types = ["lab.running", "fault.run.started", "fault.done", "process.exited"];
    const events = await eventsOf(running, ...types);
    expect(events.map(({ type }) => type).slice(0, 2)).toEqual(["lab.running", "fault.run.started"]);
    const done = events.filter(({ type }) => type === "fault.done");
    expect(done.map(({ message, data }) => `${data?.["atMs"]} ${message}`).slice(0, 3)).toEqual([
      "100 link down h1:eth0 h2:eth0",
      "200 link down h1:eth1 h3:eth0",
      "300 partition isolate h1",
    ]);
    const exited = events.find(({ type, subject }) => type === "process.exited" && subject === "late");
    expect(Date.parse(done[3]?.at ?? "")).toBeGreaterThanOrEqual(Date.parse(exited?.at ?? "") + 40);
    expect((await running.client.detail()).partition.words).toEqual(["isolate", "h1"]);
    expect(await reaches(running, "h1", "10.0.1.3")).toBe(false);
    await running.client.stopFaults({ heal: true });
    // An address that nobody answered for a while is asked for again in a second.
    await expect.poll(() => reaches(running, "h1", "10.0.1.3")).toBe(true);
  });

  it("survive a change of the lab, which is no change of its own, and run again when asked", async () => {
    const own = wanted("changed-faults");
    const withFaults = (text: string): Lab => ({ ...own, faults: loadFaults(text, "lab.yaml", own) });
    await using running = await RunningLab.up(own);
    expect((await running.client.faults()).runs).toEqual([]);
    await running.client.apply({ lab: withFaults("steps: [{do: link down h1 h2}]"), digest: "other" });
    expect((await running.client.config()).faults?.steps).toHaveLength(1);
    expect((await running.client.faults()).runs).toEqual([]);
    const { ended } = await run(running, {});
    expect(ended.run).toMatchObject({ name: "lab file", outcome: "success", done: 1 });
    await expect.poll(() => carrier(running, "h2")).toBe("0");
  });

  it("end with the lab", async () => {
    const own = wanted("ended-faults");
    const running = await RunningLab.up({
      ...own,
      faults: loadFaults("steps: [{do: link down h1 h2}, {at: 1h, do: link up h1 h2}]", "lab.yaml", own),
    });
    await using _ = running;
    const all = Array.fromAsync(running.client.events({ follow: true }));
    await expect.poll(async () => (await running.client.faults()).runs[0]?.done).toBe(1);
    await running.down();
    const ended = (await all).find(({ type }) => type === "fault.run.ended");
    expect(ended).toMatchObject({ data: { outcome: "stopped", done: 1 } });
  });
});

it("node start lets a paused node go on, leaves a running one alone, and starts what a failed one ran", async () => {
  const own = wanted("starting", { processes: [process_("count", "h2", "while :; do echo x; sleep 0.1; done")] });
  await using running = await RunningLab.up(own);
  const status = async () => (await running.client.detail()).processStatus.find(({ name }) => name === "count");
  const before = await status();
  expect(await running.client.actOnNode("h2", "pause")).toMatchObject({ state: "paused" });
  expect(await running.client.actOnNode("h2", "start")).toMatchObject({ state: "running" });
  expect(await running.client.actOnNode("h2", "start")).toMatchObject({ state: "running" });
  expect(await status()).toEqual(before);
  // Processes end while they are asked.
  await expect.poll(() => running.sh("h2", "ps -eo stat=")).not.toMatch(/^T/m);
  process.kill(await initOf(running, "h2"), "SIGKILL");
  const power = async () => (await running.client.detail()).nodeStatus.find(({ name }) => name === "h2")?.state;
  await expect.poll(power).toBe("failed");
  await expect.poll(async () => (await status())?.state).toBe("failed");
  expect(await running.client.actOnNode("h2", "start")).toMatchObject({ processes: 1 });
  expect(await status()).toMatchObject({ state: "ready", restarts: 0 });
});

/** The first process of a node, as seen from here. */
async function initOf(on: RunningLab, node: string): Promise<number> {
  const namespace = (await on.sh(node, "readlink /proc/self/ns/pid")).trim();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const isThere = readlinkSync(`/proc/${pid}/ns/pid`) === namespace;
      if (isThere && /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return Number(pid);
    } catch {
      // Another user's, or gone.
    }
  }
  throw new Error(`no init of ${node}`);
}
