import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LinkVerification, VerifiedFigure } from "../../src/api/index.ts";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

let running: RunningLab;
const direct = "h1:eth0 — h2:eth0";
const atSwitch = "h2:eth1 — s1:swp1";
const between = "s1:swp2 — s2:swp1";
/** Delays are late on a machine that runs other tests; everything else is as exact as ever. */
const busy = { toleranceMs: 200 };
const quick = { ...busy, frames: 1000, seconds: 1 };

beforeAll(async () => {
  running = await RunningLab.up(
    lab("verified", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24")]),
        host("h2", [iface("eth0", "10.0.0.2/24"), iface("eth1", "10.0.1.2/24")]),
        host("h3", [iface("eth0", "10.0.1.3/24")]),
        host("h4", [iface("eth0", "10.0.1.4/24")]),
        bridge("s1", 3, { forward: ["lldp", "lacp", "802.1x", "stp"] }),
        bridge("s2", 2),
      ],
      links: [
        link("h1:eth0", "h2:eth0"),
        link("h2:eth1", "s1:swp1"),
        link("s1:swp2", "s2:swp1"),
        link("h3:eth0", "s2:swp2"),
        link("h4:eth0", "s1:swp3"),
      ],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

const figure = (verification: LinkVerification, way: "ab" | "ba", name: VerifiedFigure["figure"]): VerifiedFigure => {
  const found = verification[way].figures.find((one) => one.figure === name);
  if (found === undefined) throw new Error(`no figure ${name}`);
  return found;
};
const outside = (verification: LinkVerification) =>
  (["ab", "ba"] as const).flatMap((way) =>
    verification[way].figures.filter(({ verdict }) => verdict === "outside").map((one) => `${way} ${one.figure}`),
  );
const received = async (node: string) =>
  Number(await running.sh(node, "cat /sys/class/net/eth0/statistics/rx_packets"));

describe("measuring a link", () => {
  it.each([direct, atSwitch, between])(
    "finds that one that is not impaired delays and loses nothing: %s",
    async (id) => {
      const others = ["h3", "h4"] as const;
      const before = await Promise.all(others.map(received));
      const verification = await running.client.verifyLink(id, quick);
      expect(verification).toMatchObject({
        link: id,
        verdict: "within",
        ab: { requested: {}, sent: 1000, arrived: 1000 },
      });
      for (const way of ["ab", "ba"] as const) {
        expect(figure(verification, way, "loss")).toMatchObject({ achieved: 0, expected: 0, verdict: "within" });
        expect(figure(verification, way, "delay").achieved).toBeLessThan(20);
      }
      // What was sent stayed on the link: the others saw next to nothing.
      const after = await Promise.all(others.map(received));
      for (const index of others.keys()) expect((after[index] ?? 0) - (before[index] ?? 0)).toBeLessThan(50);
    },
  );

  it.each([direct, atSwitch, between])("measures what each direction does: %s", async (id) => {
    await running.client.impairLink(id, {
      ab: { delayMs: 30, jitterMs: 10, loss: { uniform: 0.05 } },
      ba: { delayMs: 300, duplicate: 0.05, corrupt: 0.05 },
    });
    const shares: number[] = [];
    const verification = await running.client.verifyLink(
      id,
      { ...busy, frames: 2000, seconds: 2 },
      {
        onProgress: (share) => shares.push(share),
      },
    );
    expect(outside(verification)).toEqual([]);
    expect(verification).toMatchObject({ medium: "wire", verdict: "within" });
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shares)).toBeGreaterThan(0.3);
    expect(figure(verification, "ab", "delay").achieved).toBeGreaterThan(25);
    expect(figure(verification, "ba", "delay").achieved).toBeGreaterThanOrEqual(300);
    expect(figure(verification, "ab", "loss").achieved).toBeGreaterThan(0.01);
    expect(figure(verification, "ba", "duplicates").achieved).toBeGreaterThan(0.01);
    expect(figure(verification, "ba", "corrupted").achieved).toBeGreaterThan(0.01);
    expect(verification.ab.wireLatenessMs).toBeGreaterThan(0);
    // However idle a machine is, a thread that wakes up thousands of times has to wait for a moment.
    expect(verification.waited).toBeGreaterThan(0);
    expect(verification.waited).toBeLessThan(1);
    await running.client.impairLink(id, { ab: {}, ba: {} });
  });

  it("measures a rate by filling the link, bursts of loss, and frames that overtake", async () => {
    await running.client.impairLink(direct, {
      ab: { rateBps: 5_000_000, delayMs: 10, queue: { bytes: 100_000 } },
      ba: {
        delayMs: 100,
        reorder: { probability: 0.2, gap: 3 },
        loss: { gilbertElliott: { p: 0.05, r: 0.3, goodLoss: 0, badLoss: 0.8 } },
      },
    });
    const verification = await running.client.verifyLink(direct, busy);
    expect(outside(verification)).toEqual([]);
    expect(figure(verification, "ab", "rate").achieved).toBeGreaterThan(4_900_000);
    expect(figure(verification, "ba", "overtaking").achieved).toBeGreaterThan(0.02);
    expect(figure(verification, "ba", "loss").achieved).toBeGreaterThan(0.05);
    await running.client.impairLink(direct, { ab: {}, ba: {} });
  });

  it("finds what a link does not do, after a second look, and in that direction only", async () => {
    await running.client.impairLink(direct, { ab: { loss: { uniform: 0.1 } }, ba: { delayMs: 20 } });
    const verification = await running.client.verifyLink(direct, {
      ...quick,
      against: { ab: { loss: { uniform: 0.01 } }, ba: { delayMs: 20 } },
    });
    expect(verification.verdict).toBe("outside");
    expect(outside(verification)).toEqual(["ab loss"]);
    expect(verification).toMatchObject({ ab: { attempts: 2 }, ba: { attempts: 1 } });
    await running.client.impairLink(direct, { ab: {}, ba: {} });
  });

  it("finds that something else on the way slows the link down", async () => {
    await running.client.impairLink(direct, { ab: { rateBps: 5_000_000 } });
    await running.sh("h1", "tc qdisc add dev eth0 root tbf rate 1mbit burst 4kb limit 20kb");
    const verification = await running.client.verifyLink(direct, quick);
    expect(outside(verification)).toContain("ab rate");
    const { achieved } = figure(verification, "ab", "rate");
    expect(achieved).toBeLessThan(1_300_000);
    await running.sh("h1", "tc qdisc del dev eth0 root");
    await running.client.impairLink(direct, { ab: {}, ba: {} });
  });
});

describe("a link that cannot be measured", () => {
  it("is refused: unknown, down, impossible to compare with", async () => {
    await expect(running.client.verifyLink("h1 — h9")).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
    await expect(
      running.client.verifyLink(direct, { against: { ab: { queue: { packets: 3 } } } }),
    ).rejects.toMatchObject({ code: "IMPAIRMENT_IMPOSSIBLE" });
    await expect(running.client.verifyLink(direct, { against: { ab: { delayMs: 86_400_000 } } })).rejects.toMatchObject(
      {
        code: "LINK_NOT_MEASURABLE",
      },
    );
    await running.client.setLink(direct, "down");
    await expect(running.client.verifyLink(direct)).rejects.toMatchObject({
      code: "LINK_NOT_MEASURABLE",
      message: expect.stringContaining("it is down"),
    });
    await running.client.setLink(direct, "up");
  });

  it("is told apart from one that changes meanwhile, which nothing keeps from changing", async () => {
    const measured = running.client.verifyLink(direct, { ...busy, frames: 500, seconds: 0.5 });
    const changed = await running.client.impairLink(direct, { ab: { delayMs: 10 } });
    expect(changed.ab).toEqual({ delayMs: 10 });
    await expect(measured).rejects.toMatchObject({ code: "LINK_CHANGED_MEANWHILE" });
    await running.client.impairLink(direct, { ab: {}, ba: {} });
  });

  it("is let go of at once by whoever leaves, with its process; others wait for their turn", async () => {
    const leaving = new AbortController();
    const long = running.client.verifyLink(
      direct,
      { frames: 1000, seconds: 60 },
      {
        signal: leaving.signal,
        onProgress: () => leaving.abort(),
      },
    );
    const next = running.client.verifyLink(atSwitch, quick);
    await expect(long).rejects.toMatchObject({ code: "VERIFY_BROKEN_OFF" });
    expect(await next).toMatchObject({ link: atSwitch, verdict: "within" });
    await expect.poll(probes).toBe(0);
  });
});

/** How many processes that measure links this lab has. */
async function probes(): Promise<number> {
  const { supervisorPid } = await running.client.summary();
  const namespace = readlinkSync(`/proc/${supervisorPid}/ns/pid`);
  return readdirSync("/proc").filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        readlinkSync(`/proc/${pid}/ns/pid`) === namespace &&
        readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("netwright-probe")
      );
    } catch {
      // Another user's, or gone.
      return false;
    }
  }).length;
}
