import { beforeAll, describe, expect, it } from "vitest";
import { Rabbit, rabbit } from "../../appliances/rabbit/carrot.ts";
import { defineLab, waitForPacket, withLab } from "../../src/testing/index.ts";
import { buildRabbit, missing } from "./rabbit.ts";

beforeAll(async () => {
  if (missing === undefined) await buildRabbit();
}, 180_000);

/** Rabbit between two networks of one host each. */
const between = (name: string) =>
  defineLab({
    name,
    nodes: {
      rabbit: rabbit({ interfaces: { eth0: "10.0.1.1/24", eth1: "10.0.2.1/24" } }),
      h1: { interfaces: { eth0: { addresses: "10.0.1.2/24", gateway: "10.0.1.1" } } },
      h2: { interfaces: { eth0: { addresses: "10.0.2.2/24", gateway: "10.0.2.1" } } },
    },
    links: [
      ["rabbit:eth0", "h1"],
      ["rabbit:eth1", "h2"],
    ],
  });
const addresses = { eth0: "10.0.1.1/24", eth1: "10.0.2.1/24" };

describe("Rabbit", () => {
  it("forwards IPv4 when it is told to", async ({ skip }) => {
    skip(missing !== undefined, missing);
    await withLab("forwarding", between("forwarding"), async (lab) => {
      const dut = await Rabbit.boot(lab);
      await dut.addresses(addresses);
      const [h1, h2] = [lab.node("h1"), lab.node("h2")];
      expect((await h1.ping("10.0.1.1")).received).toBe(3);
      expect((await h1.ping("10.0.2.2", { count: 2, timeoutMs: 500 })).received).toBe(0);

      await dut.configure("sysctl -w net.ipv4.ip_forward=1");
      await using capture = await lab.capture("h2:eth0", { filter: "icmp" });
      expect((await h1.ping("10.0.2.2")).received).toBe(3);
      // One hop further: 64 is where the hosts begin.
      await waitForPacket(capture, { ipv4: { source: "10.0.1.2", ttl: 63 }, icmp: { name: "echo-request" } });
      expect((await h2.ping("10.0.1.2")).received).toBe(3);

      await dut.configure("sysctl -w net.ipv4.ip_forward=0");
      expect((await h1.ping("10.0.2.2", { count: 2, timeoutMs: 500 })).received).toBe(0);
      await dut.shutDown();
    });
  });

  it("limits the rate to 1 Mbit/s", async ({ skip }) => {
    skip(missing !== undefined, missing);
    await withLab("rate limit", between("rate"), async (lab) => {
      const dut = await Rabbit.boot(lab);
      await dut.addresses(addresses);
      // An emulated machine may stand still for a tenth of a second; what it did not send then it may send after.
      await dut.configure(`
      sysctl -w net.ipv4.ip_forward=1
      tc qdisc add dev eth1 root tbf rate 1mbit burst 20kb limit 60kb
    `);
      const { receivedBps } = await lab.node("h1").iperf3(lab.node("h2"), "10.0.2.2", { seconds: 8 });
      expect(receivedBps).toBeGreaterThanOrEqual(0.9e6);
      expect(receivedBps).toBeLessThanOrEqual(1e6);
      await dut.shutDown();
    });
  });
});
