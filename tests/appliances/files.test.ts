import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Rabbit, rabbit } from "../../appliances/rabbit/carrot.ts";
import { withLab } from "../../src/testing/index.ts";
import { Scratch } from "../archive/tree.ts";
import { buildRabbit, missing } from "./rabbit.ts";

beforeAll(async () => {
  if (missing === undefined) await buildRabbit();
}, 180_000);

/** Longer than the header of an archive has room for. */
const longName = `${"long-".repeat(30)}näme`;
const big = Buffer.alloc(5_000_001, "The same five megabytes, in a pattern that is no power of two.\n");

describe("copies", () => {
  it("go into a virtual machine and back, and between it and a host, by its guest agent", async ({ skip }) => {
    skip(missing !== undefined, missing);
    using scratch = new Scratch();
    const site = join(scratch.path, "site");
    mkdirSync(join(site, "sub"), { recursive: true, mode: 0o750 });
    writeFileSync(join(site, "index"), "<p>", { mode: 0o640 });
    writeFileSync(join(site, "run"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(site, "sub", longName), big);
    writeFileSync(join(site, "-rf *; $(reboot)"), "odd");
    symlinkSync("../index", join(site, "sub", "link"));
    const nodes = { dut: rabbit({ "guest-agent": true }), mute: rabbit({ start: "paused" }), h1: {} };
    await withLab("copies to a virtual machine", { name: "vm-files", nodes }, async (lab) => {
      const { console } = await Rabbit.boot(lab, "dut");
      const [dut, h1, { client }] = [lab.node("dut"), lab.node("h1"), lab];
      let progress = 0;
      const copied = await client.copyTo(site, "dut", "/root", { onProgress: (bytes) => (progress = bytes) });
      expect(copied).toMatchObject({ files: 4, folders: 2, links: 1, bytes: big.length + 16, skippedCount: 0 });
      expect(progress).toBeGreaterThan(big.length);
      expect(await console.check("cd /root/site; stat -c '%U %a' index run sub; readlink sub/link")).toBe(
        "root 640\nroot 755\nroot 750\n../index\n",
      );
      // What is in a folder, into a new one; and files where cp(1) would put them.
      await dut.copyTo(`${site}/.`, "/root/new");
      await dut.copyTo(join(site, "run"), "/root/new/index");
      await dut.copyTo(join(site, "index"), "/root/new/sub");
      expect(await console.check("cd /root/new; cat index sub/index; wc -c <sub/long*")).toBe(
        `#!/bin/sh\n<p>${big.length}\n`,
      );

      await dut.copyFrom("/root/site", join(scratch.path, "back"));
      const back = join(scratch.path, "back");
      expect(readFileSync(join(back, "sub", longName)).equals(big)).toBe(true);
      expect(readFileSync(join(back, "-rf *; $(reboot)"), "utf8")).toBe("odd");
      expect(readlinkSync(join(back, "sub/link"))).toBe("../index");
      for (const name of ["index", "run", "sub"]) {
        const [before, after] = [statSync(join(site, name)), statSync(join(back, name))];
        expect({ name, mode: after.mode, uid: after.uid }).toEqual({ name, mode: before.mode, uid: before.uid });
      }
      expect(Math.floor(statSync(join(back, "index")).mtimeMs / 1000)).toBe(
        Math.floor(statSync(join(site, "index")).mtimeMs / 1000),
      );

      await client.copyBetween({ node: "dut", path: "/root/site" }, { node: "h1", path: "/srv" });
      expect(await h1.sh("cd /srv/site; stat -c %a index; cat sub/long* | wc -c")).toBe(`640\n${big.length}\n`);
      await client.copyBetween({ node: "h1", path: "/srv/site/index" }, { node: "dut", path: "/root/from-h1" });
      expect(await console.check("cat /root/from-h1")).toBe("<p>");

      // A link that is followed has the name that was asked for.
      await console.check("ln -s /root/site/run /root/here; ln -s /none /root/dead");
      await client.copyFrom("dut", "/root/here", scratch.path, { followLink: true });
      expect(readFileSync(join(scratch.path, "here"), "utf8")).toBe("#!/bin/sh\n");
      await client.copyFrom("dut", "root/here", join(back, "link"));
      expect(readlinkSync(join(back, "link"))).toBe("/root/site/run");

      const file = join(site, "index");
      await console.check(
        "mkdir /root/small; mount -t tmpfs -o size=1m small /root/small; mkdir -p /root/x/site/index",
      );
      const failures = [
        [() => client.copyTo(file, "mute", "/"), "COPY_UNSUPPORTED", "without a port"],
        [() => client.copyTo(file, "dut", "/none/f"), "COPY_NO_FOLDER", "dut:/none"],
        [() => client.copyTo(site, "dut", "/root/from-h1"), "COPY_FOLDER_ONTO_FILE", "dut:/root/from-h1"],
        [() => client.copyTo(file, "dut", "/root/x/site"), "COPY_FILE_ONTO_FOLDER", "dut:/root/x/site/index"],
        [() => client.copyTo(file, "dut", "/root/dead"), "COPY_FAILED", "symbolic link to nothing"],
        [() => client.copyTo(site, "dut", "/root/small"), "COPY_FAILED", "No space left on device"],
        [() => client.copyFrom("dut", "/root/none", back), "COPY_SOURCE_NOT_FOUND", "dut:/root/none"],
        [() => client.copyFrom("dut", "/root/here/", back), "COPY_NOT_A_FOLDER", "dut:/root/here"],
      ] as const;
      for (const [failure, code, text] of failures)
        await expect(failure()).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
      // Of all that, failures among them, nothing stays but what was asked for.
      expect(await console.check("find /tmp /var/tmp /run -name 'netwright-*' 2>/dev/null | wc -l")).toBe("0\n");

      await console.check("killall qemu-ga");
      await expect(client.copyTo(file, "dut", "/root")).rejects.toMatchObject({
        code: "VM_AGENT_SILENT",
        remedy: expect.stringContaining("qemu-guest-agent"),
      });
      await client.actOnNode("dut", "pause");
      await expect(client.copyTo(file, "dut", "/root")).rejects.toMatchObject({ code: "VM_PAUSED" });
      await client.actOnNode("dut", "kill");
      await expect(client.copyTo(file, "dut", "/root")).rejects.toMatchObject({ code: "NODE_OFF" });
    });
  });
});
