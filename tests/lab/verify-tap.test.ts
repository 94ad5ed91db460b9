import { describe, expect, it } from "vitest";
import type { VerifiedFigure } from "../../src/api/index.ts";
import { closedTun } from "../kernel/tun.ts";
import { runInNamespaces } from "../namespaces.ts";

type Measured = { readonly sent: number; readonly arrived: number; readonly figures: readonly VerifiedFigure[] };

const program = new URL("programs/verify.ts", import.meta.url);

const measured = (request: object): Promise<{ readonly ab: Measured; readonly ba: Measured }> =>
  runInNamespaces(program, [JSON.stringify({ frames: 1000, seconds: 1, toleranceMs: 200, ...request })], 100_000);
const outside = ({ figures }: Measured) =>
  figures.filter(({ verdict }) => verdict === "outside").map(({ figure }) => figure);

/** A virtual machine's end: its frames are those written to the tap's file, and it gets those that leave the tap. */
describe("measuring a link that ends at a tap", () => {
  const is = { ab: { delayMs: 20, loss: { uniform: 0.1 } }, ba: { delayMs: 30, corrupt: 0.1, rateBps: 20_000_000 } };

  it.for(["header", "plain"])("sees what goes to it and what comes from it: %s", async (tap, { skip }) => {
    skip(closedTun() !== undefined, closedTun());
    const { ab, ba } = await measured({ is, tap });
    expect({ ab: outside(ab), ba: outside(ba) }).toEqual({ ab: [], ba: [] });
    expect(ab.arrived).toBeLessThan(1000);
    expect(ba).toMatchObject({ sent: 1000, arrived: 1000 });
    expect(ba.figures.find(({ figure }) => figure === "delay")?.achieved).toBeGreaterThanOrEqual(30);
  });

  it("finds what is not as it should be, each way", async ({ skip }) => {
    skip(closedTun() !== undefined, closedTun());
    const { ab, ba } = await measured({ is, tap: "header", against: { ab: { delayMs: 20 }, ba: { delayMs: 400 } } });
    expect(outside(ab)).toEqual(["loss"]);
    expect(outside(ba)).toEqual(expect.arrayContaining(["delay", "corrupted"]));
  });
});
