import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  collectPackets,
  readCapture,
  waitForPacket,
  waitForPackets,
  waitWithoutPacket,
} from "../../../src/testing/packets/index.ts";
import { packetMatchers } from "../../../src/testing/packets/vitest.ts";
import { pair, RunningLab } from "../../lab/running-lab.ts";

expect.extend(packetMatchers);

describe("a capture of a running lab", () => {
  const link = "h1:eth0 — h2:eth0";
  let running: RunningLab;
  beforeAll(async () => {
    running = await RunningLab.up(pair("packets"));
  });
  afterAll(() => running[Symbol.asyncDispose]());

  it("is waited for while it runs", async () => {
    const { client } = running;
    const { id } = await client.startCapture({ targets: ["h1:eth0"] });
    await using live = collectPackets((signal) => client.captureStream(id, { signal }));

    await running.sh("h1", "ping -c 3 -i 0.2 10.0.0.2");
    const request = { icmp: { name: "echo-request" }, ip: { source: "10.0.0.1", destination: "10.0.0.2" } } as const;
    const reply = { direction: "inbound", icmp: { name: "echo-reply", checksum: "valid" } } as const;
    const replies = await waitForPackets(live, reply, { count: 3 });
    expect(live).toContainPacketsInOrder([
      { arp: { operation: "request", targetIp: "10.0.0.2" } },
      { arp: { operation: "reply", senderIp: "10.0.0.2" } },
      request,
      reply,
    ]);
    expect(live).toContainPackets(request, { count: 3 });
    // ping waits for 200 ms; how late it is, the machine says.
    expect(live).toHaveInterArrival({ of: request, medianWithinMs: [190, 400] });

    await client.setLink(link, "down");
    const [, , last] = replies;
    const silence = waitWithoutPacket(live, reply, { durationMs: 500, ...(last === undefined ? {} : { after: last }) });
    await running.run("h1", ["ping", "-c", "1", "-W", "1", "10.0.0.2"]);
    await silence;

    await client.setLink(link, "up");
    await running.sh("h1", "ping -c 1 -W 5 10.0.0.2");
    expect((await waitForPacket(live, reply, last === undefined ? {} : { after: last })).number).toBeGreaterThan(6);

    await live.close();
    await expect.poll(async () => (await client.captures())[0]?.state).toBe("ended");
  });

  it("is read when it has ended, with its checksums as they passed", async () => {
    const { client } = running;
    const { id, file = "" } = await client.startCapture({
      targets: ["h1:eth0", "h2:eth0"],
      file: "both.pcapng",
      filter: "tcp or udp",
    });
    await running.run("h1", ["bash", "-c", "echo hello > /dev/udp/10.0.0.2/4000; echo < /dev/tcp/10.0.0.2/4001"]);
    await client.stopCapture(id);
    const capture = await readCapture(file);
    expect(capture.interfaces.map(({ name }) => name)).toEqual(["h1:eth0", "h2:eth0"]);
    for (const [name, direction] of [
      ["h1:eth0", "outbound"],
      ["h2:eth0", "inbound"],
    ] as const) {
      expect(capture).toContainPackets(
        { interface: name, direction, udp: { destinationPort: 4000 }, payload: { text: "hello\n" } },
        { count: 1 },
      );
    }
    expect(capture).toContainPacketsInOrder([
      { tcp: { destinationPort: 4001, flags: { syn: true, ack: false } } },
      { tcp: { sourcePort: 4001, flags: { rst: true } } },
    ]);
    // Nobody on the way wrote a wrong one; what the kernel leaves to the card is partial.
    expect(capture).not.toContainPacket({ tcp: { checksum: "invalid" } });
    expect(capture).not.toContainPacket({ udp: { checksum: "invalid" } });
    expect(capture).toContainPackets({ problems: (problems) => problems.length > 0 }, { count: 0 });
  });
});
