import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Caller } from "./caller.ts";
import { until } from "./test-server.ts";

const program = join(import.meta.dirname, "programs/server.ts");

it("a server whose disk is full says so, loses nothing, and goes on when there is space", {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "nw-full-"));
  const [labs, small] = [join(folder, "labs"), join(folder, "small")];
  await Promise.all([mkdir(labs), mkdir(small)]);
  // A disk of 3 MiB that only this server sees, of which 1 MiB is taken.
  const script = [
    `mount -t tmpfs -o size=3m none "$1" && head -c 1048576 /dev/zero >"$1/ballast" &&`,
    `exec "$2" --disable-warning=ExperimentalWarning "$3" "$4" "sqlite:$1/db"`,
  ].join(" ");
  const server: ChildProcess = spawn(
    "unshare",
    ["--map-root-user", "--mount", "sh", "-c", script, "sh", small, process.execPath, program, labs],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const [port] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    const root = await Caller.signIn(`http://127.0.0.1:${String(port).trim()}`);
    await root.ok("POST", "/projects", { name: "demo" });
    const text = `nodes: {h1: {}}\n${"# long\n".repeat(20_000)}`;
    const deploy = (name: string) => root.call("POST", "/projects/demo/labs", { name, text: "nodes: {h1: {}}\n" });
    expect((await deploy("before")).status).toBe(202);
    const running = async () =>
      (await root.call("GET", "/projects/demo/labs")).body.items as { name: string; state: string }[];
    await until(running, (all) => all[0]?.state === "running");
    const saved: string[] = [];
    const refused = await until(
      async () => {
        const name = `t${saved.length}`;
        const answer = await root.call("PUT", `/projects/demo/topologies/${name}`, { text });
        if (answer.status === 200) saved.push(name);
        return answer;
      },
      ({ status }) => status !== 200,
    );
    expect([refused.status, refused.body.code]).toEqual([507, "DATABASE_FULL"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const names = async () =>
      (await root.call("GET", "/projects/demo/topologies")).body.items
        .map(({ name }: { name: string }) => name)
        .toSorted();
    expect(await names()).toEqual(saved.toSorted());
    await rm(`/proc/${server.pid}/root${small}/ballast`);
    expect((await root.call("PUT", `/projects/demo/topologies/more`, { text })).status).toBe(200);
    expect((await deploy("after")).status).toBe(202);
    const all = await until(running, (them) => them.every(({ state }) => state === "running"));
    expect(all.map(({ name }) => name)).toEqual(["after", "before"]);
    expect((await readdir(labs)).map((name) => name.replace(/-[0-9a-f]+$/, "")).toSorted()).toEqual([
      "after",
      "before",
    ]);
    expect((await root.call("GET", `/projects/demo/topologies/${saved[0]}`)).body.text).toBe(text);
  } finally {
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
    await rm(folder, { recursive: true, force: true });
  }
});
