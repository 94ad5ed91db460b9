import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Entry, writeArchive } from "../../appliances/image/cpio.ts";
import { imageFolder, Rabbit, rabbit } from "../../appliances/rabbit/carrot.ts";
import { withLab } from "../../src/testing/index.ts";
import { buildRabbit, missing } from "./rabbit.ts";

beforeAll(async () => {
  if (missing === undefined) await buildRabbit();
}, 180_000);

/** What a new version brings: files that are put over those of the initrd. */
function update(): string {
  const folder = mkdtempSync(join(tmpdir(), "netwright-update-"));
  try {
    const content = Buffer.from("2\n");
    const entries: Entry[] = [
      { kind: "folder", path: "etc" },
      { kind: "file", path: "etc/version", content, executable: false },
    ];
    writeArchive(join(folder, "update"), entries);
    return readFileSync(join(folder, "update")).toString("base64");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const intervalMs = 200;

describe("Rabbit", () => {
  it("is upgraded and starts again, while traffic goes through it", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const lab = {
      name: "upgrade",
      nodes: {
        rabbit: rabbit({
          image: join(imageFolder, "rabbit.qcow2"),
          "cloud-init": { "user-data": "#!/bin/sh\nsysctl -qw net.ipv4.ip_forward=1\n" },
          interfaces: { eth0: "10.0.1.1/24", eth1: "10.0.2.1/24" },
        }),
        h1: {
          interfaces: { eth0: { addresses: "10.0.1.2/24", gateway: "10.0.1.1" } },
          files: { "/srv/update": { base64: update() } },
        },
        h2: { interfaces: { eth0: { addresses: "10.0.2.2/24", gateway: "10.0.2.1" } } },
      },
      links: [
        ["rabbit:eth0", "h1"],
        ["rabbit:eth1", "h2"],
      ],
      processes: {
        updates: {
          node: "h1",
          command: ["python3", "-u", "-m", "http.server", "-d", "/srv", "80"],
          ready: { tcp: 80 },
          "stop-signal": "SIGINT" as const,
        },
      },
    };
    await withLab("upgrade", lab, async (lab) => {
      const dut = await Rabbit.boot(lab);
      const version = "cat /etc/version 2>/dev/null || echo 1";
      expect(await dut.console.check(version)).toBe("1\n");

      await using _capture = await lab.capture(["h1:eth0", "h2:eth0"], { filter: "arp or icmp" });
      await using traffic = await lab.node("h1").spawn(["ping", "-n", "-i", String(intervalMs / 1000), "10.0.2.2"]);
      await traffic.waitForOutput(/icmp_seq=3 /);
      // Linux reads several archives from one initrd, each from a multiple of four bytes on.
      await dut.configure(`
        mount -t vfat /dev/vda1 /mnt
        wget -q -O /tmp/update http://10.0.1.2/update
        size=$(stat -c %s /mnt/initrd)
        head -c $(((4 - size % 4) % 4)) /dev/zero >>/mnt/initrd
        cat /tmp/update >>/mnt/initrd
        umount /mnt
      `);
      await dut.console.sendLine("reboot");
      await dut.console.expect("login: ", { timeout: 150_000 });
      const after = await Rabbit.boot(lab);
      expect(await after.console.check(version)).toBe("2\n");

      const seen = () =>
        [...traffic.stdout.matchAll(/bytes from .*icmp_seq=(\d+) /g)].map(([, number]) => Number(number));
      const before = seen().length;
      await expect.poll(() => seen().length).toBeGreaterThan(before + 3);
      // Answers only: of some, ping says that there is no way. One gap, of as long as it was away, and
      // nothing lost before or after it.
      const gaps = seen().flatMap((number, at, all) => (at === 0 ? [] : [number - (all[at - 1] ?? 0) - 1]));
      const lost = gaps.filter((gap) => gap > 0);
      expect(lost).toHaveLength(1);
      expect((lost[0] ?? 0) * intervalMs).toBeGreaterThan(1000);
    });
  });
});
