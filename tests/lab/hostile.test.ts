import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Netwright } from "../cli/netwright.ts";
import { Caller } from "../controller/caller.ts";
import { realLabs } from "../controller/real-labs.ts";
import { serve } from "../controller/serve.ts";

/** What a hostile node tries, each a line when it succeeds. Arguments: ports of the server, its addresses, names of its things. */
const attack = String.raw`
import ctypes, glob, json, os, socket, struct, subprocess, sys
ports, addresses, names, secret = json.loads(sys.argv[1])
def tell(*words): print(*words, flush=True)
def connects(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(2)
        try: one.connect(address)
        except OSError: return False
        return True
# The server, its database and other listeners: on loopback, at its own addresses, and as sockets with names.
for address in ["127.0.0.1", "::1", *addresses, "10.0.2.2", "169.254.169.254"]:
    for port in ports:
        if connects(socket.AF_INET6 if ":" in address else socket.AF_INET, (address, port)): tell("reached", address, port)
for name in names:
    if connects(socket.AF_UNIX, "\0" + name): tell("reached @" + name)
# Files: by path, through every process, as sockets, and by their numbers.
for path in names:
    for root in ["", *glob.glob("/proc/[0-9]*/root"), *glob.glob("/proc/[0-9]*/cwd")]:
        if path.startswith("/") and os.path.lexists(root + path): tell("sees", root + path)
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/usr")): continue
    for file in files:
        if file.endswith(".sock") or "netwright" in file: tell("sees", os.path.join(folder, file))
for folder in ["/usr", "/etc", "/opt"]:
    try: at = os.open(folder, os.O_RDONLY)
    except OSError: continue
    for number in (1, 2, 64, 128, 256):
        if ctypes.CDLL(None).open_by_handle_at(at, ctypes.create_string_buffer(struct.pack("IiQ", 8, 1, number)), os.O_RDONLY) >= 0:
            tell("opened", folder, number)
# Secrets of the server's environment and arguments, and processes that are not this node's.
mine = ["/proc/%d/" % os.getpid(), "/proc/self/"]
for file in [*glob.glob("/proc/[0-9]*/environ"), *glob.glob("/proc/[0-9]*/cmdline"), *glob.glob("/etc/**", recursive=True)]:
    try: text = open(file, "rb").read()
    except OSError: continue
    if file.startswith(tuple(mine)): continue
    if secret.encode() in text: tell("read the secret in", file)
    if b"supervisor" in text and file.startswith("/proc"): tell("sees a process of the server's", file)
# What would be of the whole machine.
for file in ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper", "/proc/sys/kernel/modprobe"]:
    try: open(file, "w").write("x")
    except OSError: continue
    tell("wrote", file)
for command in [["mknod", "/tmp/disk", "b", "8", "0"], ["mount", "-t", "devtmpfs", "none", "/mnt"],
                ["mount", "-t", "debugfs", "none", "/mnt"], ["dmesg"], ["nsenter", "-t", "1", "-a", "true"],
                ["sh", "-c", "mount -o remount,bind,rw /usr; touch /usr/bin/evil"],
                ["sh", "-c", "umount -l /etc /proc /usr; ls /mnt/* /.former-proc/1 2>/dev/null | grep ."]]:
    try: done = subprocess.run(command, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired): continue
    if done.returncode == 0: tell("did", *command, done.stdout[:200])
tell("tried everything")
`;

async function listening(at: string | number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await once(typeof at === "string" ? server.listen(at) : server.listen(at, "0.0.0.0"), "listening");
  return server;
}

it("a lab of a server reaches nothing of the server's, nor of another project's", async ({ skip }) => {
  skip(process.getuid?.() === 0, "the server of this test serves as an ordinary user");
  await using there = await Netwright.open();
  await using here = await Netwright.open();
  const secret = "a-secret-of-the-environment";
  const agent = realLabs({ ...there.environment, SECRET: secret });
  const database = join(there.folder, "server.db");
  await using controller = await serve({ database: `sqlite:${database}`, agent });
  for (const ending of ["", "-wal"]) expect(statSync(`${database}${ending}`).mode & 0o777).toBe(0o600);
  const url = `http://127.0.0.1:${controller.port}`;
  const root = await Caller.signIn(url);
  const people: Record<string, Caller> = {};
  for (const name of ["theirs", "ours"]) {
    await root.ok("POST", "/projects", { name });
    await root.ok("POST", "/users", { name: `of-${name}`, password: "a long password" });
    await root.ok("PUT", `/projects/${name}/members/of-${name}`, { role: "operator" });
    const person = await Caller.signIn(url, `of-${name}`, "a long password");
    people[name] = person;
    here.write({
      [`${name}.token`]: await person.token(name, "admin"),
      [`${name}.yaml`]: `nodes: {h1: {}, h2: {}}\nlinks: [[h1, h2]]\n`,
    });
    await here.ok("context", "add", name, url, "--project", name, "--token-file", `${name}.token`);
    await here.ok("up", "-f", `${name}.yaml`);
  }
  const inLab = (context: string, node: string, argv: readonly string[]) =>
    here.call(["exec", node, "--", ...argv], { environment: { NETWRIGHT_CONTEXT: context } });

  const abstract = `nw-hostile-${process.pid}`;
  const servers = [await listening(0), await listening(`\0${abstract}`)];
  const port = (servers[0]?.address() as AddressInfo | undefined)?.port;
  const addresses = Object.values(networkInterfaces()).flatMap((one) =>
    (one ?? []).filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address),
  );
  // What the other project has in its node, as files, as a listener and as a process.
  await inLab("theirs", "h1", ["sh", "-c", "echo theirs >/root/theirs; echo theirs >/tmp/theirs"]);
  const names = [
    abstract,
    there.folder,
    there.runtime,
    there.state,
    database,
    process.cwd(),
    "/root/theirs",
    "/tmp/theirs",
  ];
  const tried = await inLab("ours", "h1", [
    "python3",
    "-c",
    attack,
    JSON.stringify([[controller.port, port], addresses, names, secret]),
  ]);
  expect(`${tried.stdout}${tried.stderr}`).toBe("tried everything\n");

  // Nor does who copies files get out of a node, or into the server through it.
  const plant =
    "mkdir /tmp/out && ln -s /etc/passwd /tmp/out/link && ln -s / /tmp/root && ln -s ../../../../.. /tmp/out/up";
  await inLab("ours", "h2", ["sh", "-c", plant]);
  const copy = (from: string, to: string) =>
    here.call(["cp", from, to], { environment: { NETWRIGHT_CONTEXT: "ours" } });
  writeFileSync(join(here.folder, "sent"), "sent");
  const marked = `nw-hostile-${process.pid}-file`;
  await copy("sent", `h2:/tmp/root/tmp/${marked}`);
  await copy("sent", `h2:/tmp/out/up/tmp/${marked}-up`);
  for (const one of [marked, `${marked}-up`]) expect(() => statSync(`/tmp/${one}`)).toThrow();
  expect((await inLab("ours", "h2", ["ls", "/tmp"])).stdout).toContain(marked);
  // A project's labs are nobody else's, whatever is asked for.
  const token = (name: string) => ({
    authorization: `Bearer ${readFileSync(join(here.folder, `${name}.token`), "utf8")}`,
  });
  for (const path of ["/labs/theirs", "/labs/theirs/nodes/h1", "/labs/theirs/config", "/labs", "/events"]) {
    const asked = await fetch(`${url}/api/v1/projects/theirs${path}`, { headers: token("ours") });
    expect([asked.status, ((await asked.json()) as { code: string }).code], path).toEqual([404, "PROJECT_NOT_FOUND"]);
  }
  // What is sent after a request that asks to be upgraded does not get to the lab as another request: neither as who
  // may only look, nor as what the server itself has to decide.
  const looking = await people["ours"]?.token("looks", "read");
  for (const [asked, bearer] of [
    ["GET /lab", looking],
    ["GET /events?follow=true", looking],
    ["GET /config", looking],
    ["GET /nodes/h1/console", readFileSync(join(here.folder, "ours.token"), "utf8")],
    ["PUT /nodes/h1/files?to=%2Ftmp", readFileSync(join(here.folder, "ours.token"), "utf8")],
  ] as const)
    for (const upgrade of ["websocket", "netwright-archive", "h2c"]) {
      const [method, path] = asked.split(" ");
      const socket = connect(controller.port, "127.0.0.1");
      const heard: string[] = [];
      socket.on("data", (data: Buffer) => heard.push(data.toString("latin1")));
      socket.on("error", () => undefined);
      const smuggled = "DELETE /v1/lab HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
      const head = `${method} /api/v1/projects/ours/labs/ours${path} HTTP/1.1\r\nhost: 127.0.0.1:${controller.port}\r\n`;
      socket.write(
        `${head}authorization: Bearer ${bearer}\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n\r\n${smuggled}`,
      );
      const answered = Promise.race([once(socket, "data"), once(socket, "close")]);
      await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 2_000))]);
      socket.write(smuggled);
      await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, 300))]);
      socket.destroy();
      expect(heard.join(""), `${asked} ${upgrade}`).not.toMatch(/"stopping"/);
      const lab = await fetch(`${url}/api/v1/projects/ours/labs/ours`, { headers: token("ours") });
      expect(((await lab.json()) as { state: string }).state, `${asked} ${upgrade}`).toBe("running");
    }
  for (const server of servers) server.close();
  for (const name of ["ours", "theirs"]) await here.call(["down"], { environment: { NETWRIGHT_CONTEXT: name } });
});
