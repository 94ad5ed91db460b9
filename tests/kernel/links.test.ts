import { describe, expect, it } from "vitest";
import { runScenario } from "./sandbox.ts";

type Delivery = { sent: Record<string, string>; received: string[] };
type BothWays = { aToB: Delivery; bToA: Delivery };

/** Every frame but those named arrives, byte for byte, in the order it was sent, and nothing else does. */
function expectDelivered({ sent, received }: Delivery, butNot: readonly string[] = []): void {
  const expected = Object.entries(sent).filter(([name]) => !butNot.includes(name));
  const nameOf = (frame: string) =>
    Object.entries(sent).find(([, bytes]) => bytes === frame)?.[0] ?? `changed: ${frame}`;
  expect(received.map(nameOf)).toEqual(expected.map(([name]) => name));
  expect(expected.length).toBeGreaterThan(5);
}

describe("links", () => {
  it.each(["kernel", "kernel jumbo"])("carry any frame byte for byte: %s", async (scenario) => {
    const { aToB, bToA } = await runScenario<BothWays>("links", scenario);
    expectDelivered(aToB);
    expectDelivered(bToA);
  });

  it("through a bridge that forwards link-local frames carry all but pause", async () => {
    const { aToB, bToA } = await runScenario<BothWays>("links", "bridge forwarding all");
    // MAC control frames end at any bridge (IEEE 802.1Q, 8.6.3); Linux has no setting for it.
    expectDelivered(aToB, ["pause"]);
    expectDelivered(bToA, ["pause"]);
  });

  it("through a bridge of its own accord lose what the standard reserves", async () => {
    const { aToB, bToA } = await runScenario<BothWays>("links", "bridge forwarding none");
    // Without spanning tree of its own, Linux forwards STP.
    expectDelivered(aToB, ["pause", "lldp", "lacp", "802.1x"]);
    expectDelivered(bToA, ["pause", "lldp", "lacp", "802.1x"]);
  });

  it("through a bridge with spanning tree carry STP and LACP where the ports say so", { timeout: 30_000 }, async () => {
    const { aToB, bToA } = await runScenario<BothWays>("links", "bridge with spanning tree");
    expectDelivered(aToB, ["pause"]);
    expectDelivered(bToA, ["pause"]);
  });

  it("lose carrier with the jack", async () => {
    expect(await runScenario("links", "carrier follows the jack")).toEqual([false, true, false, true]);
  });
});
