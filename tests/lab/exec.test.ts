import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { labFiles } from "../../src/client/index.ts";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

let running: RunningLab;
beforeAll(async () => {
  running = await RunningLab.up(
    lab("exec", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24")], { environment: { GREETING: "hello world" } }),
        host("h2", [iface("eth0", "10.0.0.2/24")]),
        bridge("s1", 2),
      ],
      links: [link("h1:eth0", "s1:swp1"), link("h2:eth0", "s1:swp2")],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

describe("exec", () => {
  it("keeps stdout and stderr apart and passes the exit code", async () => {
    expect(await running.run("h1", ["sh", "-c", "echo out; echo err >&2; exit 42"])).toEqual({
      exitCode: 42,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  it("carries any bytes both ways, unchanged and in order", async () => {
    const data = randomBytes(8 * 1024 * 1024);
    const session = await running.client.exec("h1", { argv: ["cat"] });
    session.stdin.end(data);
    const back = await buffer(session.stdout);
    expect(back.equals(data)).toBe(true);
    expect(await session.exit).toEqual({ exitCode: 0 });
  });

  it("delivers everything a program wrote before it ended", async () => {
    const { stdout } = await running.run("h1", ["sh", "-c", "seq 200000"]);
    expect(stdout.split("\n").at(-2)).toBe("200000");
  });

  it("gives a program real pipes: /dev/stdout can be opened again", async () => {
    expect(await running.run("h1", ["sh", "-c", "echo a >/dev/stdout; echo b >/dev/stderr"])).toEqual({
      exitCode: 0,
      stdout: "a\n",
      stderr: "b\n",
    });
  });

  it("reports a signal as a shell does, and passes signals on", async () => {
    const session = await running.client.exec("h1", { argv: ["sleep", "60"] });
    session.signal("SIGTERM");
    expect(await session.exit).toEqual({ exitCode: 143, signal: "SIGTERM" });
  });

  it("ends the program when its client goes away", async () => {
    const session = await running.client.exec("h1", {
      argv: ["sh", "-c", "trap 'echo gone >/tmp/hung-up; exit' HUP; echo up; while :; do sleep 0.05; done"],
    });
    await new Promise((resolve) => session.stdout.once("data", resolve));
    session.close();
    expect(
      await running.sh(
        "h1",
        "for n in $(seq 1200); do [ -e /tmp/hung-up ] && cat /tmp/hung-up && exit; sleep 0.05; done; exit 1",
      ),
    ).toBe("gone\n");
  });

  it("runs in a terminal of the wanted size, which can change, with end of file and interrupt", async () => {
    const { stdout, exitCode } = await running.run(
      "h1",
      ["sh", "-c", "tty; stty size; test -t 0 && test -t 1 && echo terminal"],
      { tty: true, columns: 132, rows: 43 },
    );
    expect(stdout.replaceAll("\r", "")).toBe("/dev/pts/0\n43 132\nterminal\n");
    expect(exitCode).toBe(0);
    const session = await running.client.exec("h1", {
      argv: ["sh", "-c", "trap 'stty size' WINCH; echo up; while :; do sleep 0.05; done"],
      tty: true,
    });
    let seen = "";
    session.stdout.on("data", (data: Buffer) => {
      seen += data;
    });
    await expect.poll(() => seen).toContain("up");
    session.resize(100, 20);
    await expect.poll(() => seen).toContain("20 100");
    session.stdin.write("\u0003");
    expect((await session.exit).exitCode).toBe(130);
  });

  it("finds the node's own environment, host name, names and user", async () => {
    expect(
      await running.sh(
        "h1",
        "echo $GREETING; hostname; cat /etc/hostname; whoami; pwd; echo $NETWRIGHT_NODE $NETWRIGHT_LAB",
      ),
    ).toBe("hello world\nh1\nh1\nroot\n/root\nh1 exec\n");
    expect(await running.sh("h1", "getent hosts h2")).toMatch(/^10\.0\.0\.2\s+h2/);
    const { stdout } = await running.run("h1", ["pwd"], { directory: "/tmp", environment: {} });
    expect(stdout).toBe("/tmp\n");
  });

  it("says what is wrong: no such node, a switch, no such program, no such user", async () => {
    await expect(running.run("h3", ["true"])).rejects.toMatchObject({
      code: "NODE_NOT_FOUND",
      remedy: expect.stringContaining("h1"),
    });
    await expect(running.run("s1", ["true"])).rejects.toMatchObject({ code: "NODE_HAS_NO_PROCESSES" });
    await expect(running.run("h1", ["no-such-program"])).rejects.toMatchObject({ code: "COMMAND_NOT_STARTED" });
    await expect(running.run("h1", ["true"], { user: "nobody-knows" })).rejects.toMatchObject({
      code: "USER_NOT_FOUND",
    });
  });

  it("reaps orphans: no zombies are left", async () => {
    await running.sh("h1", "for n in 1 2 3 4 5; do (sleep 0.123 &) ; done");
    const states = async () => (await running.sh("h1", "ps -eo stat=,args=")).split("\n");
    await expect.poll(async () => (await states()).filter((line) => /^Z|sleep 0\.123/.test(line))).toEqual([]);
  });

  it("starts a node anew when its first process was killed", async () => {
    await running.sh("h2", "echo kept >/tmp/mark");
    const detail = await running.client.detail();
    expect(detail.nodeStatus.find((node) => node.name === "h2")?.state).toBe("running");
    // From inside a node its first process cannot be killed (pid_namespaces(7)).
    await running.run("h2", ["kill", "-9", "1"]);
    expect(await running.sh("h2", "cat /tmp/mark")).toBe("kept\n");
  });
});

describe("a terminal that is kept", () => {
  /** One connection to it. */
  async function connect(first: object): Promise<Connection> {
    const connection = new Connection(
      new WebSocket(`ws+unix://${labFiles(running.at.runtime, running.name).socket}:/v1/nodes/h1/exec`),
    );
    await once(connection.socket, "open");
    connection.socket.send(JSON.stringify(first));
    return connection;
  }

  it("goes on without its client, shows what was missed, and ends when nobody comes back or when told", async () => {
    const argv = ["sh", "-c", "cd /tmp; echo pid $$; while read -r line; do echo $line; sleep 0.2; echo after; done"];
    const first = await connect({ argv, tty: true, keepMs: 60_000 });
    await expect.poll(() => first.text).toContain("pid");
    const pid = /pid (\d+)/.exec(first.text)?.[1];
    const { session } = first.reports[0] as { session: string };
    first.socket.send(JSON.stringify({ type: "folder" }));
    await expect.poll(() => first.reports).toContainEqual({ type: "folder", path: "/tmp" });
    first.type("one\n");
    await expect.poll(() => first.text).toContain("one\r\none");
    // As a network does that breaks.
    first.socket.terminate();
    await once(first.socket, "close");
    const second = await connect({ session, received: first.bytes });
    await expect.poll(() => first.text + second.text).toMatch(/one\r\none\r\nafter/);
    expect(second.reports[0]).toEqual({ type: "resumed", missed: 0 });
    // Who takes it over cuts off who had it.
    const third = await connect({ session, received: 0 });
    await once(second.socket, "close");
    await expect.poll(() => third.text).toBe(first.text + second.text);
    const wrong = await connect({ session: "no", received: 0 });
    await expect.poll(() => wrong.reports[0]).toMatchObject({ type: "error", code: "TERMINAL_GONE" });
    third.socket.close(1000);
    await expect.poll(() => running.sh("h1", `[ -d /proc/${pid} ] && echo there || echo gone`)).toBe("gone\n");

    const brief = await connect({ argv, tty: true, keepMs: 1_000 });
    await expect.poll(() => brief.text).toContain("pid");
    const its = /pid (\d+)/.exec(brief.text)?.[1];
    brief.socket.terminate();
    await expect.poll(() => running.sh("h1", `[ -d /proc/${its} ] && echo there || echo gone`)).toBe("gone\n");
  });

  it("ends with a message that no client sends, and so does a command; the lab goes on", async () => {
    for (const kept of [{ tty: true, keepMs: 60_000 }, {}])
      for (const message of [
        "{",
        JSON.stringify({ type: "nothing" }),
        JSON.stringify({ type: "signal", signal: "SIGNO" }),
      ]) {
        const one = await connect({ argv: ["sleep", "60"], ...kept });
        await expect.poll(() => one.reports.length).toBe(1);
        one.socket.send(message);
        expect((await once(one.socket, "close"))[0], message).toBe(1008);
      }
    expect(await running.sh("h1", "echo on")).toBe("on\n");
  });

  it("remembers the end of what was said, and not all of it", async () => {
    const argv = ["sh", "-c", "read -r line; seq 200000; sleep 60"];
    const first = await connect({ argv, tty: true, keepMs: 60_000 });
    await expect.poll(() => first.reports.length).toBe(1);
    const { session } = first.reports[0] as { session: string };
    first.type("go\n");
    await expect.poll(() => first.text).toContain("go");
    first.socket.terminate();
    await once(first.socket, "close");
    await expect
      .poll(async () => {
        const back = await connect({ session, received: 0 });
        await expect.poll(() => back.bytes).toBeGreaterThan(0);
        return back.text;
      })
      .toContain("200000\r\n");
    const last = await connect({ session, received: 0 });
    await expect.poll(() => last.bytes).toBe(256 * 1024);
    expect((last.reports[0] as { missed: number }).missed).toBeGreaterThan(1_000_000);
    last.socket.close(1000);
  });
});

class Connection {
  readonly socket: WebSocket;
  readonly reports: unknown[] = [];
  bytes = 0;
  text = "";

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) this.reports.push(JSON.parse(String(data)));
      else {
        this.bytes += data.length - 1;
        this.text += data.subarray(1).toString();
      }
    });
  }

  type(text: string): void {
    this.socket.send(Buffer.concat([Buffer.of(0), Buffer.from(text)]));
  }
}
