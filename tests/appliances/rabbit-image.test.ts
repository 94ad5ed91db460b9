import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readManifest } from "../../appliances/image/manifest.ts";
import { imageFolder, Rabbit, rabbit } from "../../appliances/rabbit/carrot.ts";
import { withLab } from "../../src/testing/index.ts";
import { buildRabbit, missing } from "./rabbit.ts";

beforeAll(async () => {
  if (missing === undefined) await buildRabbit();
}, 180_000);

const disk = join(imageFolder, "rabbit.qcow2");
const mac = "02:00:00:00:00:05";

const starts = {
  "from its kernel": rabbit({ machine: "q35" }),
  "from its disk, by BIOS": rabbit({ image: disk }),
  "from its disk, by UEFI": rabbit({ image: disk, firmware: "uefi" }),
};

describe("Rabbit", () => {
  it.for(Object.entries(starts))("boots %s, lets root in, and switches itself off", async ([how, dut], { skip }) => {
    skip(missing !== undefined, missing);
    await withLab(`Rabbit ${how}`, { name: "boot", nodes: { dut } }, async (lab) => {
      const one = await Rabbit.boot(lab, "dut");
      expect(await one.console.check("id -u; hostname")).toBe("0\nrabbit\n");
      expect(await one.console.check("uname -r")).toBe(`${readManifest(imageFolder)?.kernel}\n`);
      await one.shutDown();
    });
  });

  it("takes its name, its interfaces and a script from a seed, and a network card that comes later", async ({
    skip,
  }) => {
    skip(missing !== undefined, missing);
    const script = "#!/bin/sh\nip -brief link show wan >/run/seen\nsysctl -w net.ipv4.ip_forward=1\nexit 3\n";
    const dut = rabbit({
      hostname: "r1",
      "cloud-init": { "user-data": script },
      interfaces: {
        wan: { addresses: ["10.0.1.1/24", "fd00::1/64"], mac, mtu: 1400, gateway: "10.0.1.2" },
        eth0: { addresses: "10.0.2.1/24" },
      },
    });
    const h1 = { interfaces: { eth0: { addresses: "10.0.1.2/24", mtu: 1400 } } };
    const h2 = { interfaces: { eth0: "10.0.2.2/24" } };
    const links = [
      ["dut:wan", "h1"],
      ["dut:eth0", "h2"],
    ];
    await withLab("Rabbit with a seed", { name: "seed", nodes: { dut, h1, h2 }, links }, async (lab) => {
      const console = await lab.node("dut").console();
      // The script had its turn before there was a login.
      await console.expect("the startup script ended with 3", { timeout: 90_000 });
      const { console: shell } = await Rabbit.boot(lab, "dut");
      expect(await shell.check("hostname; cat /run/seen")).toMatch(`r1\nwan `);
      const show = await shell.check("ip -json address show");
      const interfaces = JSON.parse(show) as {
        ifname: string;
        address: string;
        mtu: number;
        addr_info: { local: string }[];
      }[];
      const wan = interfaces.find(({ ifname }) => ifname === "wan");
      expect(wan).toMatchObject({ address: mac, mtu: 1400 });
      expect(wan?.addr_info.map(({ local }) => local)).toEqual(expect.arrayContaining(["10.0.1.1", "fd00::1"]));
      expect(await shell.check("ip route show default")).toContain("default via 10.0.1.2 dev wan");
      expect((await lab.node("h1").ping("10.0.1.1", { count: 1 })).received).toBe(1);
      expect((await lab.node("h2").ping("10.0.2.1", { count: 1 })).received).toBe(1);

      await lab.client.addLink({ endpoints: ["dut:late", "h1:eth1"] });
      // Its driver is there already; what it needs is that Rabbit's PCI bus notices it.
      await shell.check(
        "for _ in $(seq 100); do [ -e /sys/class/net/eth1 ] && exit_=0 && break; exit_=1; sleep 0.1; done; [ $exit_ = 0 ]",
      );
    });
  });

  it("has everything that an appliance of its kind does", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const dut = rabbit({
      arguments: ["-fw_cfg", "name=opt/netwright/startup,string=#!/bin/sh\necho $((6*7)) >/run/answer"],
    });
    await withLab("Rabbit has everything", { name: "tools", nodes: { dut } }, async (lab) => {
      const one = await Rabbit.boot(lab, "dut");
      expect(await one.console.check("cat /run/answer")).toBe("42\n");
      await one.configure(`
        ip link add one type veth peer name two
        ip link add link one name one.5 type vlan id 5
        ip link add blue type vrf table 10
        tc qdisc add dev one root tbf rate 1mbit burst 3kb latency 100ms
        tc qdisc add dev two root netem delay 10ms
        nft add table ip nat
        nft 'add chain ip nat post { type nat hook postrouting priority srcnat; }'
        nft add rule ip nat post masquerade
        ipvsadm -A -t 10.0.0.1:80 -s rr
        keepalived --version
        udhcpd --help
        iperf3 --version
        tcpdump --version
        conntrack -L
      `);
      expect(await one.console.check("ipvsadm -Ln")).toContain("TCP  10.0.0.1:80 rr");
    });
  });

  it("is the same for the same packages, to the last byte", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const folder = await mkdtemp(join(tmpdir(), "netwright-rabbit-"));
    try {
      const again = join(folder, "again");
      await buildRabbit(again);
      const manifest = readManifest(again);
      expect(manifest).toEqual(readManifest(imageFolder));
      expect(manifest?.packages.map(({ name }) => name)).toEqual(expect.arrayContaining(["busybox-static", "libc6"]));
      for (const { name } of manifest?.files ?? [])
        expect(readFileSync(join(again, name)).equals(readFileSync(join(imageFolder, name))), name).toBe(true);
      for (const { name } of manifest?.packages ?? [])
        expect(readFileSync(join(again, "licences", name), "utf8"), name).not.toBe("");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
