import { chmod, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { host, iface, lab, openFolder, pair, process_, RunningLab } from "./running-lab.ts";

describe("a node's file system", () => {
  it("has programs read-only, its own /etc, /tmp, /var, /run and /root, and nothing of the user's", async () => {
    await using running = await RunningLab.up(pair("view"));
    expect((await running.run("h1", ["touch", "/usr/bin/evil"])).exitCode).not.toBe(0);
    await running.sh(
      "h1",
      "echo x >>/etc/passwd && echo x >/tmp/x && echo x >/var/lib/x && echo x >/run/x && echo x >/root/x",
    );
    expect(await running.sh("h2", "ls -A /tmp /root; tail -n 1 /etc/passwd")).not.toMatch(/^x$/m);
    const hidden = [
      ...[homedir(), running.at.runtime, running.at.state].filter((path) => path !== "/root"),
      ...["/etc/shadow-", "/etc/gshadow", "/etc/sudoers", "/etc/ssh"],
    ];
    for (const path of hidden) expect((await running.run("h1", ["ls", path])).exitCode, path).not.toBe(0);
    expect(await running.sh("h1", "ls -A /home")).toBe("");
    // Accounts are valid, and nobody's password is there.
    expect(await running.sh("h1", "cut -d : -f 2 /etc/shadow | sort -u")).toBe("*\n");
    expect(await running.sh("h1", "grep -c ^root: /etc/shadow")).toBe("1\n");
  });

  it("shows only the node's own processes, and no way to the sandbox", async () => {
    await using running = await RunningLab.up(pair("processes"));
    const commands = await running.sh("h1", "ps -eo args=");
    expect(commands.trim().split("\n")).toHaveLength(3);
    expect(commands).not.toContain("lab/main");
    // Unmounting what lies on top must not show what was there before.
    expect(await running.sh("h1", "umount -l /proc; ls -A /proc | wc -l; ls -A /mnt; ls -A / | tr '\\n' ' '")).toMatch(
      /^0\n/,
    );
  });

  it("has the harmless devices, a /dev/shm and /sys of its own network", async () => {
    await using running = await RunningLab.up(pair("devices"));
    expect(
      await running.sh(
        "h1",
        "head -c 4 /dev/urandom | wc -c; echo x >/dev/null; echo ok >/dev/shm/x; ls /sys/class/net | sort | tr '\\n' ' '",
      ),
    ).toBe("4\neth0 lo ");
    expect(await running.sh("h1", "find /dev -type b")).toBe("");
  });

  it("gets files with their modes, and mounts, read-only unless asked, which a node cannot undo", async () => {
    const folder = await openFolder("mount");
    const link = `${folder}.link`;
    try {
      await symlink(folder, link);
      await writeFile(join(folder, "data"), "from the host\n");
      await chmod(join(folder, "data"), 0o666);
      const files = [
        { path: "/etc/app/app.conf", contentBase64: Buffer.from("a: 1\n").toString("base64"), mode: 0o600 },
      ];
      const mounts = [
        { source: folder, target: "/data", readOnly: true },
        { source: folder, target: "/srv/rw", readOnly: false },
        { source: link, target: "/linked", readOnly: true },
        { source: join(folder, "data"), target: "/file", readOnly: true },
      ];
      await using running = await RunningLab.up(pair("files", { files, mounts }));
      expect(await running.sh("h1", "cat /etc/app/app.conf /data/data; stat -c %a /etc/app/app.conf")).toBe(
        "a: 1\nfrom the host\n600\n",
      );
      // The node's root is the owner of the folder, and could write to it if it could undo the mount's flag.
      for (const path of ["/data", "/linked", "/file"]) {
        expect(await running.sh("h1", `findmnt -no options -T ${path}`)).toMatch(/^ro\b/);
        expect((await running.run("h1", ["mount", "-o", "remount,bind,rw", path])).exitCode, path).not.toBe(0);
        expect(
          (await running.run("h1", ["sh", "-c", `echo evil >>${path}/data || echo evil >>${path}`])).exitCode,
        ).not.toBe(0);
      }
      expect(await readFile(join(folder, "data"), "utf8")).toBe("from the host\n");
      expect(await running.sh("h1", "echo back >/srv/rw/data; cat /data/data")).toBe("back\n");
    } finally {
      await rm(link, { force: true });
      await rm(folder, { recursive: true });
    }
  });

  it("is the host's with `root: host`, and the network still the node's", async () => {
    await using running = await RunningLab.up(pair("hostview", { root: "host" }));
    expect(await running.sh("h1", "ls /etc/passwd; hostname; ip -br addr show eth0; ping -c 1 -W 30 h2")).toMatch(
      /10\.0\.0\.1\/24[\s\S]*1 received/,
    );
    expect(await running.sh("h1", `ls -A ${running.at.runtime} | wc -l`)).toBe("0\n");
  });
});

describe("the host", () => {
  it("cannot be reached from a node", async () => {
    const { createServer } = await import("node:net");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    const { port } = server.address() as { port: number };
    try {
      await using running = await RunningLab.up(pair("reach"));
      const probe = (address: string) => running.run("h1", ["bash", "-c", `echo >/dev/tcp/${address}/${port}`]);
      expect((await probe("127.0.0.1")).exitCode).not.toBe(0);
      expect(await running.sh("h1", "ip route show default")).toBe("");
    } finally {
      server.close();
    }
  });
});

describe("startup and processes", () => {
  it("runs startup commands in order before processes, and logs what they say", async () => {
    const wanted = lab("startup", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24")], {
          startup: [{ shell: "echo one >/tmp/order" }, { argv: ["sh", "-c", "echo two >>/tmp/order; echo started"] }],
        }),
      ],
      processes: [process_("show", "h1", "cat /tmp/order; echo to stderr >&2")],
    });
    await using running = await RunningLab.up(wanted);
    expect(await running.client.outcome()).toEqual({ status: "success", exitCode: 0 });
    const lines = async () =>
      (await Array.fromAsync(running.client.logs())).map(({ source, stream, text }) => ({ source, stream, text }));
    await expect.poll(lines).toEqual(
      expect.arrayContaining([
        { source: "h1.startup", stream: "stdout", text: "started" },
        { source: "show", stream: "stdout", text: "one" },
        { source: "show", stream: "stdout", text: "two" },
        { source: "show", stream: "stderr", text: "to stderr" },
      ]),
    );
  });

  it("fails `up` with the command, its code and its last lines, and leaves no lab", async () => {
    const wanted = lab("broken", {
      nodes: [host("h1", [], { startup: [{ shell: "echo cannot do it >&2; exit 9" }] })],
    });
    await expect(RunningLab.up(wanted)).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringMatching(/exit code 9[\s\S]*cannot do it/),
    });
  });
});
