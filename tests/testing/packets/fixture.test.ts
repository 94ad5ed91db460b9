import { expect } from "vitest";
import { waitForPacket } from "../../../src/testing/packets/index.ts";
import { labTest } from "../../../src/testing/vitest.ts";

const test = labTest({
  name: "packets",
  nodes: { h1: {}, h2: {} },
  links: [{ endpoints: ["h1", "h2"], subnet: "10.0.0.0/24" }],
});

test("a capture of the fixture is asserted while it runs, and when it has ended", async ({ lab }) => {
  const capture = await lab.capture("h1:eth0");
  await lab.node("h1").ping("10.0.0.2", { count: 1 });
  const reply = await waitForPacket(capture, { direction: "inbound", icmp: { name: "echo-reply" } });
  expect(reply.ip?.source).toBe("10.0.0.2");
  expect(capture).toContainPacketsInOrder([{ arp: { operation: "reply" } }, { icmp: { name: "echo-request" } }]);

  const { interfaces } = await capture.stop();
  expect(capture.packets).toHaveLength(interfaces[0]?.frames ?? -1);
  expect(capture.end).toEqual({ error: undefined });
  expect(capture).not.toContainPacket({ problems: (problems) => problems.length > 0 });
  expect(() => expect(capture).toContainPacket({ icmp: { name: "echo-request", sequence: 7 } })).toThrow(
    /icmp\.sequence is 1, not 7/,
  );
});
