import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchPackages } from "../../appliances/image/debian.ts";
import { Rabbit, rabbit } from "../../appliances/rabbit/carrot.ts";
import { waitForPacket, withLab } from "../../src/testing/index.ts";
import { buildRabbit, missing } from "./rabbit.ts";

beforeAll(async () => {
  if (missing === undefined) await buildRabbit();
}, 180_000);

const server = "10.0.0.1";
const clientMac = "02:00:00:00:00:09";

describe("Rabbit", () => {
  it("gives addresses by DHCP, packet by packet as RFC 2131 has it", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const [busybox] = fetchPackages(["busybox-static"]);
    const client = {
      "/srv/busybox": { from: join(busybox?.folder ?? "", "bin/busybox"), mode: "0755" },
      "/srv/tell": { content: "#!/bin/sh\nenv\n", mode: "0755" },
    };
    const lab = {
      name: "dhcp",
      nodes: {
        rabbit: rabbit({ interfaces: { eth0: `${server}/24` } }),
        h1: { interfaces: { eth0: { mac: clientMac } }, files: client },
      },
      links: [["rabbit", "h1"]],
    };
    await withLab("DHCP", lab, async (lab) => {
      const dut = await Rabbit.boot(lab);
      await dut.addresses({ eth0: `${server}/24` });
      await dut.console.uploadText(
        "/etc/udhcpd.conf",
        `interface eth0
start 10.0.0.100
end 10.0.0.110
lease_file /run/leases
option subnet 255.255.255.0
option router ${server}
option dns ${server}
option domain lab.test
option lease 600
`,
      );
      await dut.configure("touch /run/leases\nudhcpd /etc/udhcpd.conf");

      await using capture = await lab.capture("h1:eth0", { filter: "udp port 67 or udp port 68" });
      const got = await lab.node("h1").sh("/srv/busybox udhcpc -i eth0 -n -q -f -t 10 -x hostname:h1 -s /srv/tell");
      const of = (messageType: string) => waitForPacket(capture, { dhcp: { messageType, clientMac } });
      const [discover, offer, request, ack] = [
        await of("discover"),
        await of("offer"),
        await of("request"),
        await of("ack"),
      ];
      const address = offer.dhcp?.yourIp ?? "";
      expect(address).toMatch(/^10\.0\.0\.1(0\d|10)$/);
      expect(discover).toMatchObject({
        ipv4: { source: "0.0.0.0", destination: "255.255.255.255" },
        udp: { sourcePort: 68, destinationPort: 67, checksum: "valid" },
        dhcp: { operation: "request", yourIp: "0.0.0.0", options: { hostName: "h1" } },
      });
      const configured = {
        subnetMask: "255.255.255.0",
        routers: [server],
        dnsServers: [server],
        domainName: "lab.test",
      };
      for (const answer of [offer, ack])
        expect(answer).toMatchObject({
          ipv4: { source: server },
          udp: { sourcePort: 67, destinationPort: 68 },
          dhcp: {
            operation: "reply",
            transactionId: discover.dhcp?.transactionId,
            yourIp: address,
            options: { serverId: server, leaseSeconds: 600, ...configured },
          },
        });
      expect(request.dhcp?.options).toMatchObject({ requestedIp: address, serverId: server });
      // What the client understood of it.
      expect(got).toContain(`ip=${address}\n`);
      expect(got).toContain(`router=${server}\n`);
      await dut.shutDown();
    });
  });
});
