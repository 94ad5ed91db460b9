import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CaptureRequest, CaptureStatus, LabClient } from "../../src/client/index.ts";
import type { Impairment, Lab } from "../../src/topology/index.ts";
import { openCapture } from "../dataplane/open-capture.ts";
import { type CapturedFrame, type CaptureFile, readCapture } from "../dataplane/pcapng-reader.ts";
import { bridge, host, iface, lab, link, pair, RunningLab } from "./running-lab.ts";

/** A capture that is read as it comes. */
class Reading {
  readonly id: string;
  readonly #pieces: Buffer[] = [];
  readonly #whole: Promise<CaptureStatus>;

  private constructor(client: LabClient, id: string) {
    this.id = id;
    this.#whole = read(client, id, this.#pieces);
    this.#whole.catch(() => undefined);
  }

  static async of(client: LabClient, request: CaptureRequest): Promise<Reading> {
    const { id } = await client.startCapture(request);
    return new Reading(client, id);
  }

  /** What has come until now. */
  soFar(): CaptureFile {
    return readCapture(Buffer.concat(this.#pieces));
  }

  async end(): Promise<{ readonly file: CaptureFile; readonly end: CaptureStatus }> {
    const end = await this.#whole;
    return { file: openCapture(Buffer.concat(this.#pieces)), end };
  }
}

async function read(client: LabClient, id: string, pieces: Buffer[]): Promise<CaptureStatus> {
  const stream = client.captureStream(id);
  for (;;) {
    const next = await stream.next();
    if (next.done) return next.value;
    pieces.push(next.value);
  }
}

/** Numbers of the echo requests (ICMP, RFC 792) among frames, in order. */
const requests = (frames: readonly CapturedFrame[]): readonly number[] =>
  frames.flatMap(({ frame }) =>
    frame.readUInt16BE(12) === 0x0800 && frame[23] === 1 && frame[34] === 8 ? [frame.readUInt16BE(40)] : [],
  );
const at = ({ frames }: CaptureFile, name: string, direction: string): readonly CapturedFrame[] =>
  frames.filter((frame) => frame.interface === name && frame.direction === direction);
const isInOrder = ({ frames }: CaptureFile) =>
  frames.every(({ timeNs }, index) => index === 0 || (frames[index - 1] as CapturedFrame).timeNs <= timeNs);
const commentsIn = ({ frames, statistics }: CaptureFile) => [
  ...frames.flatMap(({ comments }) => comments),
  ...statistics.flatMap(({ comments }) => comments),
];
const lostIn = ({ interfaces }: CaptureStatus) =>
  interfaces.reduce((sum, one) => sum + one.droppedByRing + one.droppedByReader, 0);
const framesIn = ({ interfaces }: CaptureStatus) => interfaces.map(({ frames }) => frames);
const filesOf = (running: RunningLab, name: string) => `${running.at.state}/${running.name}/logs/captures/${name}`;

describe("captures of a running lab", () => {
  let running: RunningLab;
  const direct = "h1:eth0 — h2:eth0";
  beforeAll(async () => {
    running = await RunningLab.up(
      lab("captured", {
        nodes: [
          host("h1", [iface("eth0", "10.0.0.1/24")]),
          host("h2", [iface("eth0", "10.0.0.2/24"), iface("eth1", "10.0.1.2/24")]),
          host("h3", [iface("eth0", "10.0.1.3/24")]),
          bridge("s1", 2),
          bridge("s2", 2),
        ],
        links: [
          link("h1:eth0", "h2:eth0"),
          link("h2:eth1", "s1:swp1"),
          link("s1:swp2", "s2:swp1"),
          link("h3:eth0", "s2:swp2"),
        ],
      }),
    );
  });
  afterAll(() => running[Symbol.asyncDispose]());
  const ping = (node: string, peer: string, count: number) =>
    running.sh(node, `ping -c ${count} -i 0.02 -W 2 ${peer} >/dev/null`);

  it("go on across the media of a link, have each frame at both ends in order, and comments where links changed", async () => {
    const { client } = running;
    const reading = await Reading.of(client, { targets: ["h1 h2"], filter: "icmp" });
    await ping("h1", "10.0.0.2", 5);
    await client.impairLink(direct, { ab: { delayMs: 3 } });
    await ping("h1", "10.0.0.2", 5);
    await client.impairLink(direct, { ab: {} });
    await ping("h1", "10.0.0.2", 5);
    await client.setLink(direct, "down");
    await client.setLink(direct, "up");
    await expect
      .poll(() => running.run("h1", ["ping", "-c", "1", "-W", "1", "10.0.0.2"]))
      .toMatchObject({ exitCode: 0 });
    // The kernel hands frames over in blocks: when the answer to the last, which is longer, is there, all are.
    await running.sh("h1", "ping -c 1 -W 30 -s 77 10.0.0.2");
    await expect
      .poll(() => at(reading.soFar(), "h1:eth0", "inbound").map(({ wholeLength }) => wholeLength))
      .toContain(77 + 42);
    const counted = (await client.captures()).find(({ id }) => id === reading.id);
    const stopped = await client.stopCapture(reading.id);
    const { file, end } = await reading.end();
    expect(end).toEqual(stopped);
    expect(end).toMatchObject({ state: "ended", reason: "stopped", interruptions: 0, filter: "icmp" });
    expect(lostIn(end)).toBe(0);
    expect(counted?.interfaces).toEqual(end.interfaces);
    expect(file.interfaces.map(({ name, description }) => [name, description])).toEqual([
      ["h1:eth0", direct],
      ["h2:eth0", direct],
    ]);
    const each = [1, 2, 3, 4, 5];
    for (const seen of [at(file, "h1:eth0", "outbound"), at(file, "h2:eth0", "inbound")]) {
      expect(requests(seen).slice(0, 15)).toEqual([...each, ...each, ...each]);
    }
    expect(at(file, "h1:eth0", "inbound").length).toBeGreaterThanOrEqual(16);
    expect(framesIn(end)).toEqual(
      ["h1:eth0", "h2:eth0"].map((name) => file.frames.filter((one) => one.interface === name).length),
    );
    expect(isInOrder(file)).toBe(true);
    // An answer is never before what it answers.
    const passed = file.frames.filter(({ direction }) => direction === "inbound").map(({ interface: name }) => name);
    expect(passed.slice(0, 30)).toEqual(
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? "h2:eth0" : "h1:eth0")),
    );
    expect(commentsIn(file).map((comment) => comment.split(":")[0])).toEqual([
      "link.impaired",
      "link.impaired",
      "link.down",
      "link.up",
    ]);
    expect(
      file.frames.filter(({ comments }) => comments.length > 0).map(({ frame }) => requests([{ frame }] as never)),
    ).toEqual([[1], [1], [1]]);
  });

  it.each([
    ["s1:swp1", "h2:eth1 — s1:swp1", "inbound"],
    ["s2:swp1", "s1:swp2 — s2:swp1", "inbound"],
    ["s1:swp2", "s1:swp2 — s2:swp1", "outbound"],
  ])("at the port %s of a switch see what the switch sees, whatever carries the link", async (port, id, direction) => {
    const { client } = running;
    const reading = await Reading.of(client, { targets: [port], filter: "icmp[0] = 8" });
    const isProbe = ({ wholeLength }: CapturedFrame) => wholeLength === 200 + 42;
    const seen = (file = reading.soFar()) => at(file, port, direction).filter((frame) => !isProbe(frame));
    const probes = () => reading.soFar().frames.filter(isProbe).length;
    // A port that gets another jack is missed until the rings of that are there, so they are waited for; and what is
    // in the rings of the one before goes with them.
    const change = async (ab: Impairment, count: number) => {
      await expect.poll(() => seen()).toHaveLength(count);
      await client.impairLink(id, { ab });
      const before = probes();
      await expect
        .poll(async () => {
          await running.run("h2", ["ping", "-c", "1", "-W", "1", "-s", "200", "10.0.1.3"]);
          return probes();
        })
        .toBeGreaterThan(before);
    };
    await ping("h2", "10.0.1.3", 4);
    await change({ delayMs: 2 }, 4);
    await ping("h2", "10.0.1.3", 4);
    await change({}, 8);
    await ping("h2", "10.0.1.3", 4);
    await client.stopCapture(reading.id);
    const { file, end } = await reading.end();
    expect(requests(seen(file))).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    expect(file.frames.filter((frame) => !isProbe(frame))).toHaveLength(12);
    expect(lostIn(end)).toBe(0);
  });

  it("outlive the wire process: the missing is said, and what came before is whole", async () => {
    const { client } = running;
    const reading = await Reading.of(client, { targets: ["h1:eth0"], filter: "icmp[0] = 8" });
    const { id } = await client.startCapture({ targets: ["h1:eth0"], filter: "icmp[0] = 8", file: "killed.pcapng" });
    await ping("h1", "10.0.0.2", 5);
    // What it has in memory goes with it.
    await expect.poll(() => requests(reading.soFar().frames)).toHaveLength(5);
    const written = () => readCapture(readFileSync(filesOf(running, "killed.pcapng")));
    await expect.poll(() => requests(written().frames)).toHaveLength(5);
    process.kill(await wirePid(running), "SIGKILL");
    for (const one of [id, reading.id])
      await expect
        .poll(async () => (await client.captures()).find((capture) => capture.id === one))
        .toMatchObject({ state: "running", interruptions: 1 });
    await ping("h1", "10.0.0.2", 5);
    for (const one of [id, reading.id]) await client.stopCapture(one);
    const { file, end } = await reading.end();
    const onDisk = openCapture(readFileSync(filesOf(running, "killed.pcapng")));
    const fileEnd = (await client.captures()).find((one) => one.id === id);
    for (const [whole, status] of [
      [file, end],
      [onDisk, fileEnd],
    ] as const) {
      const seen = requests(whole.frames);

      expect(seen).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
      expect(status).toMatchObject({ interruptions: 1, interfaces: [{ frames: whole.frames.length }] });
      expect(whole.interfaces).toHaveLength(2);
      expect(commentsIn(whole)).toContainEqual(
        expect.stringMatching(/the wire process ended; frames of about \d+ ms are missing/),
      );
    }
    const types = (await Array.fromAsync(client.events())).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(["capture.interrupted", "capture.resumed"]));
  });

  it("end by themselves, or with who reads them; what nobody reads does not stay", async () => {
    const { client } = running;
    const unread = await client.startCapture({ targets: ["h1:eth0"] });
    const left = await client.startCapture({ targets: ["h1:eth0"] });
    const [counted, timed] = await Promise.all([
      Reading.of(client, { targets: ["h1:eth0"], filter: "icmp", maxFrames: 3, snaplenBytes: 60 }),
      Reading.of(client, { targets: ["h1:eth0"], filter: "icmp", durationMs: 300 }),
    ]);
    for await (const _ of client.captureStream(left.id)) break;
    await ping("h1", "10.0.0.2", 5);
    const { file, end } = await counted.end();
    expect([
      end.reason,
      framesIn(end),
      file.frames.map(({ frame, wholeLength }) => [frame.length, wholeLength]),
    ]).toEqual(["count", [3], Array(3).fill([60, 98])]);
    expect((await timed.end()).end).toMatchObject({ reason: "duration" });
    const states = async () =>
      (await client.captures()).filter(({ id }) => [unread.id, left.id].includes(id)).map(({ reason }) => reason);
    await expect.poll(states).toEqual(["reader-gone", "reader-gone"]);
    await expect(async () => {
      for await (const _ of client.captureStream(unread.id)) break;
    }).rejects.toMatchObject({ code: "CAPTURE_NO_STREAM" });
  });

  it("count what a reader who does not keep up misses", async () => {
    const { client } = running;
    const { id } = await client.startCapture({ targets: ["h1:eth0"] });
    const pieces: Buffer[] = [];
    const stream = client.captureStream(id);
    pieces.push((await stream.next()).value as Buffer);
    // More than the buffers on the way hold: 2 × 15,000 × 1,442 bytes.
    await running.sh("h1", "ping -q -f -c 15000 -s 1400 10.0.0.2 >/dev/null");
    const stopping = client.stopCapture(id);
    for (;;) {
      const next = await stream.next();
      if (next.done) break;
      pieces.push(next.value);
    }
    const end = await stopping;
    const { frames, statistics } = openCapture(Buffer.concat(pieces));
    const [one] = end.interfaces;
    // By the reader, or, on a busy machine, before.
    expect(lostIn(end)).toBeGreaterThan(0);
    expect(frames).toHaveLength(one?.frames ?? -1);
    expect(statistics[0]?.dropped).toBe((one?.droppedByReader ?? 0) + (one?.droppedByRing ?? 0));
    // Requests; of the answers, a busy machine may lose some.
    expect((one?.frames ?? 0) + lostIn(end)).toBeGreaterThanOrEqual(15_000);
  });

  it("are refused when they cannot be, and nothing is left of them", async () => {
    const { client } = running;
    const before = (await client.captures()).length;
    const refusal = (request: CaptureRequest) =>
      client.startCapture(request).then(
        () => "none",
        (error: { code?: string }) => error.code,
      );
    expect({
      filter: await refusal({ targets: ["h1:eth0"], filter: "tcp prt 80" }),
      node: await refusal({ targets: ["h9:eth0"] }),
      port: await refusal({ targets: ["h1:eth7"] }),
      link: await refusal({ targets: ["h1 h3"] }),
      lo: await refusal({ targets: ["h1:lo"] }),
      word: await refusal({ targets: ["h1"] }),
      file: await refusal({ targets: ["h1:eth0"], file: "../../x" }),
      none: await refusal({ targets: [] }),
    }).toEqual({
      filter: "CAPTURE_FILTER_INVALID",
      node: "NODE_NOT_FOUND",
      port: "CAPTURE_INTERFACE_UNKNOWN",
      link: "LINK_NOT_FOUND",
      lo: "CAPTURE_LOOPBACK",
      word: "CAPTURE_TARGET_INVALID",
      file: "NAME_INVALID",
      none: "BAD_REQUEST",
    });
    expect(await client.captures()).toHaveLength(before);
    await expect(client.stopCapture("c999")).rejects.toMatchObject({ code: "CAPTURE_NOT_FOUND" });
  });
});

describe("captures of the lab file", () => {
  const withCaptures = (name: string, captures: Lab["captures"]): Lab => ({
    ...pair(name, { startup: [{ shell: "ping -c 2 -i 0.1 -W 2 10.0.0.2" }] }),
    ...(captures === undefined ? {} : { captures }),
  });
  const end = (node: string) => ({ node, interface: "eth0" });
  const all = { file: "all.pcapng", interfaces: [end("h1"), end("h2")] };

  it("have every frame from the first one on, and stay when the lab is gone, whole", async () => {
    await using running = await RunningLab.up(withCaptures("first", [all]));
    const sent = Number(await running.sh("h1", "cat /sys/class/net/eth0/statistics/tx_packets"));
    const got = Number(await running.sh("h1", "cat /sys/class/net/eth0/statistics/rx_packets"));
    const reading = await Reading.of(running.client, { targets: ["h1:eth0"] });
    await running.down();
    const file = openCapture(readFileSync(filesOf(running, "all.pcapng")));
    expect(at(file, "h1:eth0", "outbound").length).toBeGreaterThanOrEqual(sent);
    expect(at(file, "h1:eth0", "inbound").length).toBeGreaterThanOrEqual(got);
    expect(requests(at(file, "h1:eth0", "outbound"))).toEqual([1, 2]);
    // The end of the file is there too.
    expect(file.statistics.map(({ received, dropped }) => [received, dropped])).toEqual(
      ["h1:eth0", "h2:eth0"].map((name) => [file.frames.filter((one) => one.interface === name).length, 0]),
    );
    // So is that of a stream that somebody reads.
    const streamed = await reading.end();
    expect(streamed.end).toMatchObject({ state: "ended", reason: "stopped" });
    expect(streamed.file.statistics).toHaveLength(1);
  });

  it("come and go with apply, and what fails leaves them as they were", async () => {
    await using running = await RunningLab.up(withCaptures("changing", [all]));
    const { client } = running;
    const apply = (captures: Lab["captures"]) =>
      client.apply({ lab: withCaptures("changing", captures), digest: "changed" });
    const some = { file: "some.pcapng", interfaces: [end("h1")], filter: "icmp" };
    const states = async () => (await client.captures()).map(({ id, state }) => `${id} ${state}`);
    await apply([all, some]);
    expect(await states()).toEqual(["all.pcapng running", "some.pcapng running"]);
    await running.sh("h1", "ping -c 2 -i 0.1 10.0.0.2");
    await expect(
      apply([
        { ...all, filter: "icmp" },
        { ...some, filter: "nonsense!" },
      ]),
    ).rejects.toMatchObject({
      code: "CAPTURE_FILTER_INVALID",
    });
    expect((await states()).toSorted()).toEqual(["all.pcapng running", "some.pcapng running"]);
    await running.sh("h1", "ping -c 2 -i 0.1 10.0.0.2");
    await apply([some]);
    const file = openCapture(readFileSync(filesOf(running, "all.pcapng")));
    // At the start of h1, before the failed change, and after it.
    expect(requests(at(file, "h1:eth0", "outbound"))).toEqual([1, 2, 1, 2, 1, 2]);
    expect((await states()).toSorted()).toEqual(["all.pcapng ended", "some.pcapng running"]);
  });

  it("with a filter that is none keep the lab from starting, and say why", async () => {
    const wrong = { file: "x.pcapng", interfaces: [end("h1")], filter: "tcp prt 80" };
    await expect(RunningLab.up(withCaptures("wrong", [wrong]))).rejects.toMatchObject({
      code: "CAPTURE_FILTER_INVALID",
      exitCode: 2,
    });
  });

  it("go on when their interface is made anew", async () => {
    await using running = await RunningLab.up(withCaptures("anew", [all]));
    const { client } = running;
    await client.apply({ lab: { ...lab("anew", { nodes: [] }), captures: [] }, digest: "none" });
    expect(existsSync(filesOf(running, "all.pcapng"))).toBe(true);
    await client.apply({ lab: withCaptures("anew", [all]), digest: "again" });
    await client.stopCapture("all.pcapng");
    const file = openCapture(readFileSync(filesOf(running, "all.pcapng")));
    expect(requests(at(file, "h1:eth0", "outbound"))).toEqual([1, 2, 1, 2]);
    expect(file.interfaces).toHaveLength(4);
  });
});

/** Of the lab's wire process, as seen from here: the one of its name in the supervisor's PID namespace. */
async function wirePid(running: RunningLab): Promise<number> {
  const { supervisorPid } = await running.client.summary();
  const namespace = readlinkSync(`/proc/${supervisorPid}/ns/pid`);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (
        readlinkSync(`/proc/${pid}/ns/pid`) === namespace &&
        readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("netwright-wire")
      )
        return Number(pid);
    } catch {
      // Another user's, or gone.
    }
  }
  throw new Error("no wire process");
}
