import { afterAll, beforeAll, expect, it } from "vitest";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

let running: RunningLab;
beforeAll(async () => {
  running = await RunningLab.up(
    lab("edited", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24")]),
        host("h2", [iface("eth0", "10.0.0.2/24")]),
        host("h3", []),
        bridge("s1", 0),
      ],
      links: [link("h1:eth0", "h2:eth0")],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

const reaches = async (from: string, to: string) =>
  (await running.run(from, ["ping", "-c", "3", "-i", "0.3", "-W", "1", "-q", to])).exitCode === 0;

it("adds a link with new interfaces and addresses, impaired from the start, and takes it away again", async () => {
  const added = await running.client.addLink({
    endpoints: ["h1", "h3:lan0"],
    subnet: "10.9.0.0/30",
    impairment: { delay: "20ms" },
  });
  expect(added).toMatchObject({ id: "h1:eth1 — h3:lan0", state: "up", ab: { delayMs: 20 }, ba: { delayMs: 20 } });
  await expect.poll(() => reaches("h1", "10.9.0.2")).toBe(true);
  await running.client.removeLink(added.id);
  // The operational state follows the carrier when the kernel's link watch has come round.
  await expect.poll(() => running.sh("h1", "ip -br addr show eth1")).toMatch(/DOWN|LOWERLAYERDOWN/);
  expect(await running.sh("h1", "ip -br addr show eth1")).toContain("10.9.0.1/30");
  expect((await running.client.detail()).linkStatus.map(({ id }) => id)).toEqual(["h1:eth0 — h2:eth0"]);
  // The card that is free is used again.
  const again = await running.client.addLink({ endpoints: ["h1", "h3"] });
  expect(again.id).toBe("h1:eth1 — h3:lan0");
  await expect.poll(() => reaches("h3", "10.9.0.1")).toBe(true);
  await running.client.removeLink(again.id);
});

it("adds a port to a switch, which goes with the link", async () => {
  const { id } = await running.client.addLink({ endpoints: ["h3:sw0", "s1"] });
  expect(id).toBe("h3:sw0 — s1:p1");
  const ports = async () => (await running.client.node("s1")).interfaces.map(({ name }) => name);
  expect(await ports()).toEqual(["p1"]);
  await running.client.removeLink(id);
  expect(await ports()).toEqual([]);
});

it.each([
  [{ endpoints: ["h1:eth0", "h3"] }, "LINK_ENDPOINT_TAKEN"],
  [{ endpoints: ["h1", "h9"] }, "NODE_UNKNOWN"],
  [{ endpoints: ["h1", "h3"], subnet: "10.0.0.0/33" }, "PREFIX_INVALID"],
  [{ endpoints: ["h1", "h3"], mtu: 10 }, "MTU_OUT_OF_RANGE"],
  [{ endpoints: ["h1", "h3"], impairment: { loss: "200%" } }, "IMPAIRMENT_OUT_OF_RANGE"],
] as const)("refuses %j and changes nothing", async (definition, code) => {
  const before = await running.client.config();
  await expect(running.client.addLink(definition)).rejects.toMatchObject({ code });
  expect(await running.client.config()).toEqual(before);
});

it("two at once are made one after the other, and both are there", async () => {
  const added = await Promise.all([
    running.client.addLink({ endpoints: ["h1", "h2"] }),
    running.client.addLink({ endpoints: ["h2", "h3"] }),
  ]);
  const ids = (await running.client.detail()).linkStatus.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(added.map(({ id }) => id)));
  for (const { id } of added) await running.client.removeLink(id);
});
