import { beforeAll, describe, expect, it } from "vitest";
import { Rabbit, rabbit } from "../../appliances/rabbit/carrot.ts";
import { defineLab, withLab } from "../../src/testing/index.ts";
import { buildRabbit, missing } from "./rabbit.ts";

beforeAll(async () => {
  if (missing === undefined) await buildRabbit();
}, 180_000);

const server = (address: string, name: string) => ({
  interfaces: { eth0: { addresses: address, gateway: "10.0.2.1" } },
  files: { "/srv/index.html": { content: name } },
});
const serving = (node: string) => ({
  node,
  command: ["python3", "-u", "-m", "http.server", "-d", "/srv", "80"],
  ready: { tcp: 80 },
  "stop-signal": "SIGINT" as const,
});

/** A client on one side of Rabbit, two web servers on the other. Rabbit takes its addresses from its seed. */
const balanced = defineLab({
  name: "balanced",
  nodes: {
    rabbit: rabbit({ "cloud-init": true, interfaces: { eth0: "10.0.1.1/24", eth1: "10.0.2.1/24" } }),
    client: { interfaces: { eth0: { addresses: "10.0.1.2/24", gateway: "10.0.1.1" } } },
    s1: server("10.0.2.11/24", "one"),
    s2: server("10.0.2.12/24", "two"),
    sw: { kind: "switch" },
  },
  links: [
    ["rabbit:eth0", "client"],
    ["rabbit:eth1", "sw"],
    ["s1", "sw"],
    ["s2", "sw"],
  ],
  processes: { one: serving("s1"), two: serving("s2") },
});

describe("Rabbit", () => {
  it("balances HTTP requests over two servers", async ({ skip }) => {
    skip(missing !== undefined, missing);
    await withLab("load balancing", balanced, async (lab) => {
      const dut = await Rabbit.boot(lab);
      await dut.configure(`
      sysctl -w net.ipv4.ip_forward=1
      ipvsadm --add-service --tcp-service 10.0.1.1:80 --scheduler rr
      ipvsadm --add-server --tcp-service 10.0.1.1:80 --real-server 10.0.2.11 --masquerading
      ipvsadm --add-server --tcp-service 10.0.1.1:80 --real-server 10.0.2.12 --masquerading
    `);
      const answers: string[] = [];
      for (let count = 0; count < 10; count++) answers.push((await lab.node("client").http("http://10.0.1.1/")).body);
      expect(answers.toSorted()).toEqual([...Array(5).fill("one"), ...Array(5).fill("two")]);
      await dut.shutDown();
    });
  });
});
