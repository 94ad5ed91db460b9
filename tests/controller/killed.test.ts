import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { ask, type Credentials, signIn } from "./caller.ts";
import { until } from "./test-server.ts";

const program = join(import.meta.dirname, "programs/server.ts");
const kills = 100;
const names = ["a", "b", "c", "d", "e"];
/** What nobody has heard the end of may have been done or not. */
type Known = "there" | "gone" | "unknown";

it("a server that is killed at any moment, a hundred times, loses nothing and leaves nothing", {
  timeout: 600_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "nw-killed-"));
  const labs = join(folder, "labs");
  await mkdir(labs);
  // In one file it starts in a third of the time, which counts a hundred times.
  const bundled = join(folder, "server.mjs");
  await build({
    entryPoints: [program],
    outfile: bundled,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["pg-native"],
    banner: {
      js: 'import { createRequire as requireHere } from "node:module"; const require = requireHere(import.meta.url);',
    },
    logLevel: "error",
  });
  const complaints: string[] = [];
  let server: ChildProcess | undefined;
  let address = "";
  // The next server is loaded while the one before it works: of the time that a start takes that is most.
  const load = () => {
    const argv = ["--disable-warning=ExperimentalWarning", bundled, labs, `sqlite:${folder}/db`, "waits"];
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") };
    const child = spawn(process.execPath, argv, { env, stdio: ["pipe", "pipe", "pipe"] });
    child.stderr.on("data", (data: Buffer) => complaints.push(String(data)));
    return child;
  };
  let next = load();
  const start = async () => {
    const started = next;
    server = started;
    const ended = once(started, "exit").then(() => {
      throw new Error(`the server did not start:\n${complaints.join("")}`);
    });
    started.stdin.write("go\n");
    const [port] = (await Promise.race([once(started.stdout, "data"), ended])) as [Buffer];
    ended.catch(() => undefined);
    address = `http://127.0.0.1:${String(port).trim()}`;
    next = load();
  };
  let headers: Credentials = {};
  const call = (method: string, path: string, body?: object) => ask(address, method, path, { headers, body });
  try {
    await start();
    headers = await signIn(address, "root", "root's password");
    await call("POST", "/projects", { name: "demo" });
    const known = new Map<string, Known>(names.map((name) => [name, "gone"]));
    for (let round = 0; round < kills; round++) {
      const attempts = names.map(async (name) => {
        const before = known.get(name);
        const verb = Math.random();
        try {
          if (before === "gone" || (before === "unknown" && verb < 0.5)) {
            known.set(name, "unknown");
            const { status } = await call("POST", "/projects/demo/labs", { name, text: "nodes: {h1: {}}" });
            // What has its name is there, or is about to go: nobody has heard the end of that.
            const isThere = status === 409 && (await call("GET", `/projects/demo/labs/${name}`)).status === 200;
            if (status === 202 || isThere) known.set(name, "there");
          } else if (verb < 0.6) {
            known.set(name, "unknown");
            const { status } = await call("DELETE", `/projects/demo/labs/${name}`);
            if (status === 204 || status === 404) known.set(name, "gone");
            else known.set(name, "unknown");
          } else await call("POST", `/projects/demo/labs/${name}/${verb < 0.8 ? "stop" : "start"}`);
        } catch {
          // It was killed meanwhile.
        }
      });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      const gone = once(server as ChildProcess, "exit");
      server?.kill("SIGKILL");
      await gone;
      await Promise.all(attempts);
      await start();
    }
    const list = async () => (await call("GET", "/projects/demo/labs")).body.items as { name: string; state: string }[];
    const settled = await until(list, (all) => all.every(({ state }) => state === "running" || state === "stopped"));
    for (const [name, state] of known) {
      const found = settled.some((lab) => lab.name === name);
      if (state !== "unknown") expect([name, found]).toEqual([name, state === "there"]);
    }
    const running = settled.filter(({ state }) => state === "running").map(({ name }) => name);
    // A lab that was being deleted is no more in the list, and may take a moment to go.
    const files = await until(
      async () => (await readdir(labs)).map((file) => file.replace(/-[0-9a-f]{6}$/, "")).toSorted(),
      (all) => all.length === running.length,
    );
    expect(files).toEqual(running.toSorted());
    expect(complaints.join("")).toBe("");
  } finally {
    for (const one of [server, next]) {
      const gone = one?.exitCode === null && one.signalCode === null ? once(one, "exit") : undefined;
      one?.kill("SIGKILL");
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  }
});
