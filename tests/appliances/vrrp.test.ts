import { beforeAll, describe, expect, it } from "vitest";
import { Rabbit, rabbit } from "../../appliances/rabbit/carrot.ts";
import { defineLab, type TestLab, waitForPacket, withLab } from "../../src/testing/index.ts";
import { buildRabbit, missing } from "./rabbit.ts";

beforeAll(async () => {
  if (missing === undefined) await buildRabbit();
}, 180_000);

const shared = "10.0.0.254";
const routers = { r1: "10.0.0.1", r2: "10.0.0.2" };

/** Two appliances that share an address on one network. */
const pair = defineLab({
  name: "vrrp",
  nodes: {
    r1: rabbit({ interfaces: { eth0: `${routers.r1}/24` } }),
    r2: rabbit({ interfaces: { eth0: `${routers.r2}/24` } }),
    h1: { interfaces: { eth0: "10.0.0.9/24" } },
    sw: { kind: "switch" },
  },
  links: [
    ["r1", "sw"],
    ["r2", "sw"],
    ["h1", "sw"],
  ],
});

async function start(lab: TestLab, name: keyof typeof routers, priority: number): Promise<Rabbit> {
  const dut = await Rabbit.boot(lab, name);
  await dut.addresses({ eth0: `${routers[name]}/24` });
  await dut.console.uploadText(
    "/etc/keepalived.conf",
    `vrrp_instance shared {
  interface eth0
  state BACKUP
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  virtual_ipaddress { ${shared}/24 }
}
`,
  );
  await dut.configure("keepalived --use-file /etc/keepalived.conf");
  return dut;
}

describe("Rabbit", () => {
  it("takes over a shared address when the link of the other one is cut (VRRP)", async ({ skip }) => {
    skip(missing !== undefined, missing);
    await withLab("VRRP", pair, async (lab) => {
      const h1 = lab.node("h1");
      await using capture = await lab.capture("h1:eth0", { filter: "arp or proto 112 or icmp" });
      await Promise.all([start(lab, "r1", 200), start(lab, "r2", 100)]);
      const from = (source: string) => ({ ip: { source }, vrrp: { routerId: 51, addresses: [shared] } });
      // Both may have been the master for a moment, when they began; the higher priority wins.
      const first = await waitForPacket(capture, from(routers.r1), { timeoutMs: 20_000 });
      expect(first.vrrp).toMatchObject({ priority: 200, intervalMs: 1000, checksum: "valid" });
      expect((await h1.ping(shared)).received).toBe(3);

      const before = capture.packets.at(-1) ?? first;
      await lab.link("r1", "sw").down();
      // Three intervals, and less than one more by priority (RFC 5798, 6.1); the rest is for a busy machine.
      const taken = await waitForPacket(capture, from(routers.r2), { after: before, timeoutMs: 20_000 });
      expect(taken.vrrp).toMatchObject({ priority: 100 });
      // Everyone is told where the address is now.
      const senderMac = (await lab.node("r2").inspect()).interfaces[0]?.mac ?? "";
      await waitForPacket(capture, { arp: { senderIp: shared, senderMac } }, { after: before });
      expect((await h1.ping(shared)).received).toBe(3);

      await lab.link("r1", "sw").up();
      await waitForPacket(capture, from(routers.r1), { after: taken, timeoutMs: 20_000 });
      expect((await h1.ping(shared)).received).toBe(3);
    });
  });
});
