import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

let running: RunningLab;
beforeAll(async () => {
  running = await RunningLab.up(
    lab("counters", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24"), iface("eth1", "10.0.1.1/24")]),
        host("h2", [iface("eth0", "10.0.0.2/24")]),
        host("h3", [iface("eth0", "10.0.1.3/24")]),
        bridge("s1", 2),
        bridge("s2", 2),
      ],
      links: [
        link("h1:eth0", "h2:eth0"),
        link("h1:eth1", "s1:swp1"),
        link("s1:swp2", "s2:swp1"),
        // The machine is the other end here.
        link("s2:swp2", "h3:eth0"),
      ],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

/** Sums of what passed since it was acted, until there is `enough`. */
async function passed(enough: (of: ReadonlyMap<string, number[]>) => boolean, act: () => Promise<unknown>) {
  const gone = new AbortController();
  const sums = new Map<string, number[]>();
  let ids: readonly string[] = [];
  let acted: Promise<unknown> | undefined;
  for await (const line of running.client.counters({ signal: gone.signal })) {
    if (line.type === "links") {
      ids = line.ids;
      continue;
    }
    expect(line.elapsedMs).toBeGreaterThan(0);
    if (acted === undefined) {
      // The first tells of what was before, too.
      acted = act();
      continue;
    }
    for (const [place, ...counts] of line.of) {
      const id = ids[place] ?? "";
      sums.set(
        id,
        (sums.get(id) ?? counts.map(() => 0)).map((sum, index) => sum + (counts[index] ?? 0)),
      );
    }
    if (enough(sums)) gone.abort();
  }
  await acted;
  return sums;
}

const big = "ping -q -c 5 -i 0.05 -s 1000";

describe("counters", () => {
  it("tell what passes in each direction of every kind of link, and where it is lost", async () => {
    const [direct = "", plugged = "", cord = "", last = ""] = await linkIds();
    const all = await passed(
      // What was on its way when the kernel was asked arrives in the next second.
      (sums) =>
        [direct, plugged, cord, last].every((id) => {
          const [sent, sentBytes, arrived, arrivedBytes, , backBytes = 0] = sums.get(id) ?? [];
          return backBytes >= 5 * 1042 && sent === arrived && sentBytes === arrivedBytes;
        }),
      () => Promise.all([running.sh("h1", `${big} 10.0.0.2`), running.sh("h1", `${big} 10.0.1.3`)]),
    );
    for (const id of [direct, plugged, cord, last]) {
      const [sent = 0, sentBytes = 0, arrived, arrivedBytes, back = 0, backBytes = 0] = all.get(id) ?? [];
      expect([arrived, arrivedBytes], id).toEqual([sent, sentBytes]);
      expect(sent, id).toBeGreaterThanOrEqual(5);
      expect(sentBytes, id).toBeGreaterThanOrEqual(5 * 1042);
      expect(
        [back, backBytes].every((count) => count > 0),
        id,
      ).toBe(true);
    }
    // h2 hears h1, and its answers are sent and do not arrive.
    await running.client.partition(["one-way", "h1", "->", "h2"]);
    const cut = await passed(
      (sums) => {
        const [ahead, , there, , answered = 0] = sums.get(direct) ?? [];
        return answered >= 3 && ahead === there;
      },
      () => running.run("h1", ["ping", "-c", "3", "-i", "0.2", "-W", "1", "10.0.0.2"]),
    );
    const [sent = 0, , arrived, , back, , backArrived] = cut.get(direct) ?? [];
    expect(sent).toBeGreaterThanOrEqual(3);
    expect([arrived, backArrived]).toEqual([sent, 0]);
    expect(back).toBeGreaterThanOrEqual(3);
  });
});

const linkIds = async () => (await running.client.detail()).linkStatus.map(({ id }) => id);
