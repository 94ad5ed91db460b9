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
  const start = async () => {
    server = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", bundled, labs, `sqlite:${folder}/db`]);
    server.stderr?.on("data", (data: Buffer) => complaints.push(String(data)));
    const ended = once(server, "exit").then(() => {
      throw new Error(`the server did not start:\n${complaints.join("")}`);
    });
    const [port] = (await Promise.race([once(server.stdout as NodeJS.ReadableStream, "data"), ended])) as [Buffer];
    ended.catch(() => undefined);
    address = `http://127.0.0.1:${String(port).trim()}`;
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
            if (status === 202 || status === 409) known.set(name, "there");
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
    server?.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
});
