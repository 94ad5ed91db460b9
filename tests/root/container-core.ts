import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { commitNode } from "../../src/client/commit.ts";
import type { ContainerEngine, ImageState } from "../../src/containers/index.ts";
import type { HostNode, Lab, NodeImage } from "../../src/topology/index.ts";
import { Scratch } from "../archive/tree.ts";
import { host, iface, lab, link, process_, RunningLab } from "../lab/running-lab.ts";

/** What containers do with every engine that can run them; of an engine that DOCKER_HOST names and that has the image box:1. */

/** The names of all containers of the engine under test. */
export type Containers = () => Promise<readonly string[]>;

export const box = (more: Partial<NodeImage> = {}): NodeImage => ({
  reference: "docker-daemon:box:1",
  pull: "missing",
  command: { argv: ["sleep", "1000"] },
  ...more,
});
export const container = (
  name: string,
  addresses: readonly string[],
  more: Partial<HostNode> = {},
  image = box(),
): HostNode =>
  host(name, addresses.length === 0 ? [] : [iface("eth0", ...addresses)], { engine: "container", image, ...more });

/** Two containers and a host on two links; an application in the network of the host. */
export const three = (name: string): Lab =>
  lab(name, {
    nodes: [
      container("c1", ["10.0.0.1/24"], {
        files: [{ path: "/etc/greeting", contentBase64: "aGVsbG8=", mode: 0o600 }],
        environment: { COLOUR: "green" },
        startup: [{ shell: "ip -o addr show eth0 | grep -q 10.0.0.1 && echo was-there >/tmp/started" }],
        capabilities: ["SYS_NICE"],
      }),
      container("c2", ["10.0.0.2/24"], {}, box({ command: "none" })),
      host("h1", [iface("eth0", "10.0.1.1/24")]),
      container(
        "app",
        [],
        { join: "h1" },
        box({ command: { shell: "echo serving; cd /tmp; echo page >index.html; exec httpd -f -p 80" } }),
      ),
    ],
    links: [link("c1:eth0", "c2:eth0")],
    processes: [
      process_("web", "c1", "echo up; exec httpd -f -p 8080", {
        ready: { check: { type: "tcp", port: 8080 }, intervalMs: 50, timeoutMs: 30_000 },
      }),
    ],
  });

const ping = (address: string) => ["ping", "-c", "1", "-W", "30", address];

/** Links, names, files, processes, exec, capabilities, power; and nothing is left. */
export async function actLikeNodes(containers: Containers): Promise<void> {
  await using running = await RunningLab.up(three("threes"));
  // Links, names, files, environment, startup, processes.
  expect((await running.run("c1", ping("10.0.0.2"))).exitCode).toBe(0);
  expect(await running.sh("c1", "hostname; cat /etc/greeting; echo $COLOUR; cat /tmp/started")).toBe(
    "c1\nhellogreen\nwas-there\n",
  );
  expect(await running.sh("c2", "ping -c 1 -W 30 c1 >/dev/null && wget -q -O - http://c1:8080/etc/greeting")).toBe(
    "hello",
  );
  // One that joins another's network: reached there, over loopback even.
  await expect.poll(() => running.sh("h1", "curl -s http://127.0.0.1/index.html")).toBe("page\n");
  expect(await running.sh("app", "hostname; ip -o addr show eth0")).toMatch(/^app\n.*10\.0\.1\.1\/24/);
  // Exec: exit codes, streams, input, user, terminal, what is not there.
  expect(await running.run("c1", ["sh", "-c", "cat; echo err >&2; exit 7"], { input: "in" })).toEqual({
    exitCode: 7,
    stdout: "in",
    stderr: "err\n",
  });
  expect((await running.run("c1", ["id", "-u"], { user: "guest" })).stdout).toBe("1000\n");
  expect(
    (
      await running.run("c1", ["sh", "-c", "until stty size 2>/dev/null | grep 33; do sleep 0.1; done"], {
        tty: true,
        columns: 90,
        rows: 33,
      })
    ).stdout.trim(),
  ).toBe("33 90");
  await expect(running.run("c1", ["nosuch"])).rejects.toMatchObject({ code: "COMMAND_NOT_STARTED" });
  // What programs leave behind does not stay as zombies.
  await running.sh("c2", "for i in 1 2 3; do (sleep 0.1 &); done; until ! pgrep sleep; do sleep 0.1; done >/dev/null");
  // A cut link is loss of carrier.
  await running.client.setLink("c1:eth0 — c2:eth0", "down");
  await expect.poll(() => running.sh("c2", "cat /sys/class/net/eth0/carrier")).toBe("0\n");
  await running.client.setLink("c1:eth0 — c2:eth0", "up");
  expect((await running.run("c2", ping("10.0.0.1"))).exitCode).toBe(0);
  // Capabilities one by one: what was asked for, and not what was not (SYS_NICE 23, NET_ADMIN 12, SYS_ADMIN 21).
  const bounding = BigInt(`0x${/CapBnd:\s*(\w+)/.exec(await running.sh("c1", "cat /proc/self/status"))?.[1]}`);
  expect([23n, 12n, 21n].map((bit) => (bounding >> bit) & 1n)).toEqual([1n, 1n, 0n]);
  // Power.
  await running.sh("c1", "echo kept >/root-file");
  expect(await running.client.actOnNode("c1", "kill")).toMatchObject({ state: "off", engine: "container" });
  await expect.poll(() => running.sh("c2", "cat /sys/class/net/eth0/carrier")).toBe("0\n");
  expect(await running.client.actOnNode("c1", "start")).toMatchObject({ state: "running" });
  expect(await running.sh("c1", "cat /root-file; hostname")).toBe("kept\nc1\n");
  expect((await running.run("c1", ping("10.0.0.2"))).exitCode).toBe(0);
  await running.client.actOnNode("c2", "pause");
  expect((await running.run("c1", ping("10.0.0.2"))).exitCode).toBe(0);
  expect(await running.client.actOnNode("c2", "resume")).toMatchObject({ state: "running" });
  expect((await containers()).filter((name) => name.includes("threes"))).toHaveLength(4);
  await running.down();
  expect(await containers()).toEqual([]);
  expect(readFileSync(`${running.at.state}/threes/logs/output.ndjson`, "utf8")).toContain('"serving"');
}

/** Copies, and where links in containers lead them. */
export async function takeAndGiveFiles(): Promise<void> {
  await using running = await RunningLab.up(
    lab("copies", {
      nodes: [
        container("c1", ["10.0.0.1/24"], {}, box({ command: "none" })),
        container("c2", [], {}, box({ command: "none", user: "guest" })),
        host("h1", [iface("eth0", "10.0.0.2/24")]),
      ],
      links: [link("c1:eth0", "h1:eth0")],
    }),
  );
  using scratch = new Scratch();
  const { client } = running;
  const at = (name: string) => join(scratch.path, name);
  mkdirSync(at("site/sub"), { recursive: true });
  writeFileSync(at("site/index"), "<p>", { mode: 0o640 });
  symlinkSync("../index", at("site/sub/link"));
  // Larger than what fits in any buffer on the way, and with holes.
  writeFileSync(at("large"), "");
  truncateSync(at("large"), 40_000_000);
  const seen: number[] = [];
  expect(await client.copyTo(at("site"), "c1", "/tmp")).toMatchObject({ files: 1, folders: 2, links: 1, bytes: 3 });
  await client.copyTo(at("large"), "c1", "/tmp/large", { onProgress: (bytes) => seen.push(bytes) });
  expect(seen.length).toBeGreaterThan(1);
  expect(
    await running.sh("c1", "stat -c '%u %a' /tmp/site/index; readlink /tmp/site/sub/link; wc -c </tmp/large"),
  ).toBe("0 640\n../index\n40000000\n");
  await client.copyBetween({ node: "c1", path: "/tmp/site/." }, { node: "h1", path: "/tmp/new" });
  await client.copyBetween({ node: "h1", path: "/tmp/new" }, { node: "c2", path: "/tmp" });
  expect(await running.sh("c2", "id -u; stat -c %u /tmp/new; readlink /tmp/new/sub/link")).toBe("1000\n0\n../index\n");
  await client.copyFrom("c2", "/tmp/new", at("back"));
  expect(readlinkSync(at("back/sub/link"))).toBe("../index");
  await client.copyFrom("c1", "/proc/1/net/dev", at("dev"));
  expect(readFileSync(at("dev"), "utf8")).toContain("eth0:");
  // Links mean in a container what they mean there, and what is mounted is what its programs see.
  await running.sh(
    "c1",
    `ln -s /etc/hostname /tmp/l; mkdir /tmp/x; ln -s ${scratch.path} /tmp/x/out; ln -s /proc/1/root /tmp/x/root`,
  );
  await client.copyFrom("c1", "/tmp/l", at("name"), { followLink: true });
  expect(readFileSync(at("name"), "utf8")).toBe("c1\n");
  await expect(client.copyTo(at("name"), "c1", "/tmp/x/out/f")).rejects.toMatchObject({ code: "COPY_NO_FOLDER" });
  await client.copyTo(at("name"), "c1", "/tmp/x/root/tmp/inside");
  expect(await running.sh("c1", "cat /tmp/inside")).toBe("c1\n");
  expect(existsSync("/tmp/inside")).toBe(false);
  await expect(client.copyFrom("c1", "/nosuch", at("no"))).rejects.toMatchObject({ code: "COPY_SOURCE_NOT_FOUND" });
  await client.actOnNode("c2", "stop");
  await expect(client.copyFrom("c2", "/tmp/new", at("no"))).rejects.toMatchObject({ code: "NODE_OFF" });
}

/** A container, saved while it runs: what it wrote is in the image, and nothing by which it would be taken for the lab's. */
export async function beSaved(containers: Containers, engine: ContainerEngine): Promise<void> {
  const name = "docker.io/team/saved:v2";
  {
    await using running = await RunningLab.up(
      lab("saving", { nodes: [container("c1", [], {}, box({ command: "none" }))] }),
    );
    await running.sh("c1", "echo kept >/root-file; rm /etc/group");
    const save = (node: string) =>
      commitNode(running.client, node, name, { locations: running.at, environment: process.env, madeBy: "a test" });
    const { image, copied } = await save("c1");
    expect(image.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(copied).toBeUndefined();
    expect((await running.run("c1", ["true"])).exitCode).toBe(0);
    await expect(save("nobody")).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
  }
  const { Config } = (await engine.image(name)) as ImageState & {
    Config: { Labels: Readonly<Record<string, string>> };
  };
  expect(Object.values(Config.Labels).join("")).toBe("");
  await using again = await RunningLab.up(
    lab("saved", {
      nodes: [container("c2", [], {}, { reference: name, pull: "never", command: { argv: ["sleep", "99"] } })],
    }),
  );
  expect(await again.sh("c2", "cat /root-file; ls /etc/group 2>&1 | grep -c No; hostname")).toBe("kept\n1\nc2\n");
  await again.down();
  expect(await containers()).toEqual([]);
}

/**
 * What a container may use, and what comes of it when it wants more.
 *
 * @param engine Podman does not tell who had no memory, with this runtime; and beside a limit of one kind for each
 * program it raises the others, which root of some machines may not
 */
export async function obeyLimits(engine: "Docker" | "Podman"): Promise<void> {
  const resources = {
    cpus: 0.5,
    memoryBytes: 64 << 20,
    processes: 40,
    ...(engine === "Docker" ? { openFiles: 99 } : {}),
  };
  const eater = "cat /dev/zero | head -c 100000000 | tail";
  await using running = await RunningLab.up(
    lab("limited", {
      nodes: [
        container("c1", [], { resources }, box({ command: "none" })),
        container(
          "c2",
          [],
          { resources },
          box({ command: { shell: `while [ ! -e /go ]; do sleep 0.1; done; exec sh -c 'x=$(yes); :'` } }),
        ),
      ],
    }),
  );
  const { client } = running;
  expect((await client.node("c1")).limits).toEqual(
    expect.arrayContaining([
      { resource: "memory", most: 64 << 20, of: "the node", enforcedBy: "the container engine" },
      ...(engine === "Docker"
        ? [{ resource: "open-files", most: 99, of: "each program", enforcedBy: "RLIMIT_NOFILE" }]
        : []),
    ]),
  );
  if (engine === "Docker") expect(await running.sh("c1", "ulimit -n")).toBe("99\n");
  const told = async (node: string, type: string) => {
    const events = await Array.fromAsync(client.events());
    return events.filter((event) => event.type === type && event.subject === node);
  };
  expect((await running.run("c1", ["sh", "-c", eater])).exitCode).not.toBe(0);
  if (engine === "Docker") await expect.poll(() => told("c1", "node.out-of-memory")).not.toEqual([]);
  const forks = "i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i+1)); done; wait";
  expect((await running.run("c1", ["sh", "-c", forks])).stderr).toContain("fork");
  await running.sh("c2", "touch /go");
  await expect
    .poll(async () => (await told("c2", "node.failed")).map(({ message }) => message))
    .toEqual([expect.stringContaining(engine === "Docker" ? "no memory left" : "exit code 137")]);
  if (engine === "Docker") await expect.poll(() => told("c2", "node.out-of-memory")).not.toEqual([]);
}
