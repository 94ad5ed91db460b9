import { describe, expect, it } from "vitest";
import type { DirectionStats } from "../../src/dataplane/contract.ts";
import { runScenario } from "./sandbox.ts";

type Report = {
  readonly sent: unknown;
  readonly received: unknown;
  readonly ab: DirectionStats;
  readonly ba: DirectionStats;
};

const run = (scenario: string) => runScenario<Report>("offload", scenario);
const frameBytes = ({ bytes, frames }: DirectionStats) => bytes / frames;
/** MTU and Ethernet header. */
const mostBytes = 1514;

describe("offload frames", () => {
  it("pass whole through a wire that is transport only", async () => {
    const { sent, received, ab } = await run("tcp, transport");
    expect(received).toEqual(sent);
    expect(frameBytes(ab)).toBeGreaterThan(5 * mostBytes);
    expect(ab).toMatchObject({ droppedAtJack: 0, unsplittable: 0 });
  });

  // The receiver's kernel checks every checksum and sequence number: what is wrong does not arrive.
  it.each(["tcp, impaired", "tcp, losses", "tcp, rate", "tcp, ipv6", "tcp, vxlan, transport", "tcp, vxlan, impaired"])(
    "are counted as the frames they would be on the wire, and what they carry arrives: %s",
    async (scenario) => {
      const { sent, received, ab, ba } = await run(scenario);
      expect(received).toEqual(sent);
      expect(frameBytes(ab)).toBeLessThanOrEqual(mostBytes);
      expect(frameBytes(ab)).toBeGreaterThan(0.8 * mostBytes);
      for (const stats of [ab, ba]) expect(stats).toMatchObject({ droppedAtJack: 0, unsplittable: 0, inFlight: 0 });
    },
  );

  it("of UDP become datagrams again", async () => {
    const { sent, received, ab } = await run("udp, impaired");
    expect(received).toEqual(sent);
    // And ARP, if it was not faster.
    expect(ab.frames).toBeGreaterThanOrEqual(21);
    expect(ab.unsplittable).toBe(0);
  });
});
