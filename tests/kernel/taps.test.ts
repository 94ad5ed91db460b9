import { describe, expect, it } from "vitest";
import { runScenario } from "./sandbox.ts";
import { closedTun } from "./tun.ts";

describe("taps and packet sockets", () => {
  const run = (scenario: string) => runScenario<Record<string, unknown>>("taps", scenario);

  const itWithTun = (name: string, test: () => Promise<void>) =>
    it(name, async ({ skip }) => {
      skip(closedTun() !== undefined, closedTun());
      await test();
    });

  itWithTun("carry frames from and to a file descriptor", async () => {
    expect(await run("frames")).toEqual({
      fromTap: true,
      toTap: true,
      nothing: [null, null],
      down: ["EIO", "ENETDOWN"],
      left: ["lo"],
      closed: "EBADF",
    });
  });

  itWithTun("put the vnet header in front when asked", async () => {
    expect(await run("vnet header")).toEqual({ fromTap: true, toTap: true, length: 88 });
  });

  it("see what goes out unless told not to", async () => {
    const { seen, long, down, noInterface, closed } = await run("packet sockets");
    expect(seen).toEqual({ observer: true, quiet: null });
    expect(long).toMatchObject({ code: "EMSGSIZE" });
    expect(down).toBe("ENETDOWN");
    expect(noInterface).toMatchObject({ code: "ENODEV", message: expect.stringContaining("interface 99") });
    expect(closed).toBe("EBADF");
  });

  itWithTun("refuse names that are too long or taken", async () => {
    expect(await run("names")).toMatchObject({ long: { code: "EINVAL" }, taken: { code: "EBUSY" } });
  });
});
