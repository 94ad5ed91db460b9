import { type Duplex, duplexPair } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { QmpClient } from "../../src/engines/vm/qmp/client.ts";

type Request = { readonly execute: string; readonly arguments?: Record<string, unknown>; readonly id: number };

const greeting = { QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 }, package: "" }, capabilities: ["oob"] } };

/** A QEMU that answers as it is told. `undefined`: it does not answer. */
async function open(answer: (request: Request) => unknown = () => ({ return: {} })) {
  const [ours, theirs] = duplexPair();
  const asked: Request[] = [];
  let rest = "";
  const tell = (message: unknown) => theirs.write(`${JSON.stringify(message)}\r\n`);
  theirs.on("data", (data: Buffer) => {
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const request = JSON.parse(line) as Request;
      asked.push(request);
      const reply = request.execute === "qmp_capabilities" ? { return: {} } : answer(request);
      if (reply !== undefined) tell({ ...(reply as object), id: request.id });
    }
  });
  tell(greeting);
  const client = await QmpClient.open("dut", { stream: ours as Duplex }, 1000);
  return { client, asked, tell, theirs };
}

describe("QMP", () => {
  it("greets, negotiates, and knows the version", async () => {
    const { client, asked } = await open();
    expect(client.version).toBe("7.2.22");
    expect(asked).toEqual([{ execute: "qmp_capabilities", id: 1 }]);
  });

  it("gives each command its own answer, in whatever order they come", async () => {
    const held: Request[] = [];
    const { client, tell } = await open((request) => void held.push(request));
    const answers = Promise.all([client.execute("query-status"), client.execute("human", { a: 1 })]);
    await expect.poll(() => held.length).toBe(2);
    for (const { id, execute } of held.toReversed()) tell({ return: { of: execute }, id });
    expect(await answers).toEqual([{ of: "query-status" }, { of: "human" }]);
    expect(held[1]?.arguments).toEqual({ a: 1 });
  });

  it("throws what QEMU refuses, by name of node and command", async () => {
    const { client } = await open(() => ({ error: { class: "GenericError", desc: "Device 'x' not found" } }));
    await expect(client.execute("set_link")).rejects.toMatchObject({
      code: "QMP_REFUSED",
      message: "The QEMU of dut refused set_link: Device 'x' not found",
    });
  });

  it("gives up at the deadline, and an answer that comes later disturbs nothing", async () => {
    const held: Request[] = [];
    const { client, tell } = await open((request) =>
      request.execute === "slow" ? void held.push(request) : { return: 2 },
    );
    await expect(client.execute("slow", {}, { withinMs: 30 })).rejects.toMatchObject({ code: "TIMED_OUT" });
    tell({ return: "late", id: held[0]?.id });
    expect(await client.execute("quick")).toBe(2);
  });

  it("passes events on in order, to whoever listens, with the time of QEMU", async () => {
    const { client, tell } = await open();
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of client.events()) {
        seen.push([event.name, event.data, event.atMs]);
        if (event.name === "SHUTDOWN") return;
      }
    })();
    await sleep(1);
    tell({ event: "RESUME", timestamp: { seconds: 5, microseconds: 250_000 } });
    tell({
      event: "SHUTDOWN",
      data: { guest: true, reason: "guest-shutdown" },
      timestamp: { seconds: -1, microseconds: -1 },
    });
    await reading;
    expect(seen).toEqual([
      ["RESUME", {}, 5250],
      ["SHUTDOWN", { guest: true, reason: "guest-shutdown" }, 0],
    ]);
  });

  it("waits for one event", async () => {
    const { client, tell } = await open();
    const gone = client.event(
      "eth1 going",
      1000,
      ({ name, data }) => name === "DEVICE_DELETED" && data["device"] === "b",
    );
    tell({ event: "DEVICE_DELETED", data: { device: "a" } });
    tell({ event: "DEVICE_DELETED", data: { device: "b" } });
    expect((await gone).data).toEqual({ device: "b" });
    await expect(client.event("nothing", 20, () => false)).rejects.toMatchObject({
      code: "TIMED_OUT",
      message: expect.stringContaining("nothing"),
    });
  });

  it("fails everyone who waits when the connection is lost, and whoever comes after", async () => {
    const { client, theirs } = await open(() => undefined);
    const waiting = [client.execute("query-status"), client.execute("cont"), client.event("never", 5000, () => false)];
    const reading = (async () => {
      let count = 0;
      for await (const _ of client.events()) count += 1;
      return count;
    })();
    theirs.end();
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: "QMP_LOST" });
    expect(await reading).toBe(0);
    await expect(client.execute("query-status")).rejects.toMatchObject({ code: "QMP_LOST" });
    expect(await client.lost).toMatchObject({ code: "QMP_LOST" });
  });

  it("does not go on with what is no QMP", async () => {
    const { client, theirs } = await open(() => undefined);
    const waiting = client.execute("query-status");
    theirs.write("qemu: something went wrong\n");
    await expect(waiting).rejects.toMatchObject({
      code: "QMP_LOST",
      message: expect.stringContaining("qemu: something went wrong"),
    });
  });

  it("does not wait for ever for a greeting", async () => {
    const [ours] = duplexPair();
    await expect(QmpClient.open("dut", { stream: ours as Duplex }, 30)).rejects.toMatchObject({ code: "TIMED_OUT" });
  });
});
