import { execFile, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findLab, type Locations, labFiles, listLabs, startLab, stopLab } from "../../src/client/index.ts";
import { prepareRuntime } from "../../src/client/launch/folders.ts";
import { requireOpenToOthers } from "../../src/client/launch/readable.ts";
import { openSandbox } from "../../src/client/launch/sandbox.ts";
import { makeUserNamespace } from "../../src/client/launch/user-namespace.ts";
import { startTimeOf } from "../../src/client/registry/owner.ts";
import { openFolder, pair } from "../lab/running-lab.ts";

let folder = "";
let at: Locations;

beforeEach(async () => {
  folder = await openFolder("launch");
  at = { runtime: join(folder, "run"), state: join(folder, "state"), cache: join(folder, "cache") };
});
afterEach(async () => {
  for (const { name } of await listLabs(at)) await stopLab(at, name);
  await rm(folder, { recursive: true, force: true });
});

const environment = process.env;
const path = `${process.env["PATH"]}:/usr/sbin:/usr/bin`;
const start = (name: string, digest = "d", signal?: AbortSignal) =>
  startLab({ lab: pair(name), locations: at, environment, digest, ...(signal === undefined ? {} : { signal }) });

async function inSandbox(...argv: readonly [string, ...string[]]): Promise<{ said: string; exitCode: number | null }> {
  const user = await makeUserNamespace(path);
  const sandbox = await openSandbox({ user, argv, environment, output: "pipe" });
  sandbox.stdin.end();
  const said = sandbox.output === undefined ? "" : await text(sandbox.output);
  const { exitCode } = await sandbox.ended;
  sandbox.detach();
  return { said, exitCode };
}

describe("a sandbox", () => {
  it("has the program as PID 1 and root, in namespaces of its own", async () => {
    const kinds = ["user", "mnt", "net", "pid", "uts", "ipc", "cgroup"];
    const { said, exitCode } = await inSandbox(
      "sh",
      "-c",
      `echo $$ $(id -u) $(id -g); mount -t proc proc /proc; for k in ${kinds.join(" ")}; do readlink /proc/self/ns/$k; done`,
    );
    const [identity, ...namespaces] = said.trim().split("\n");
    expect(identity).toBe("1 0 0");
    expect(namespaces).toHaveLength(kinds.length);
    for (const [index, kind] of kinds.entries()) {
      expect(namespaces[index]).toMatch(new RegExp(`^${kind}:`));
      expect(namespaces[index]).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    }
    expect(exitCode).toBe(0);
  });

  it("has the reports' descriptor, and none of those that made it", async () => {
    const { said } = await inSandbox(
      "sh",
      "-c",
      "mount -t proc proc /proc; for fd in 3 4 5 6 7 8 9; do readlink /proc/1/fd/$fd; done",
    );
    expect(said).toMatch(/^socket:\[\d+\]\n$/);
  });

  it("passes the program's exit code on, and knows how it was ended", async () => {
    expect((await inSandbox("sh", "-c", "exit 7")).exitCode).toBe(7);
  });

  it("is one even when its program has ended before anybody looks", async () => {
    const user = await makeUserNamespace(path);
    const opening = openSandbox({ user, argv: ["sh", "-c", "exit 7"], environment, output: "pipe" });
    // Nothing here can look meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
    const sandbox = await opening;
    sandbox.stdin.end();
    expect(await text(sandbox.output as NonNullable<typeof sandbox.output>)).toBe("");
    expect((await sandbox.ended).exitCode).toBe(7);
    sandbox.detach();
  });

  it("ends with its owner, in an instant", async () => {
    const user = await makeUserNamespace(path);
    const sandbox = await openSandbox({
      user,
      argv: ["sh", "-c", "sleep 1000 & sleep 1000"],
      environment,
      output: "pipe",
    });
    const children = readFileSync(`/proc/${sandbox.owner.pid}/task/${sandbox.owner.pid}/children`, "utf8").trim();
    expect(startTimeOf(Number(children))).toBeDefined();
    sandbox.kill();
    await sandbox.ended;
    await expect.poll(() => startTimeOf(Number(children))).toBeUndefined();
    sandbox.detach();
  });

  it("can be made by a root who is alone and may not call setgroups, as in a user namespace of its own", async () => {
    const root = join(import.meta.dirname, "../..");
    const netwright = [process.execPath, join(root, "src/cli/main.ts")];
    const parameters = ["run", "-f", join(root, "examples/hello/lab.yaml"), "--node", "h1", "--", "id", "-u"];
    const { stdout } = await promisify(execFile)(
      "unshare",
      ["--user", "--map-root-user", ...netwright, ...parameters],
      {
        env: { ...environment, PATH: path, NETWRIGHT_RUNTIME_DIR: at.runtime, NETWRIGHT_STATE_DIR: at.state },
      },
    );
    expect(stdout).toBe("0\n");
  });

  it("says which program is missing", async () => {
    const user = await makeUserNamespace(path);
    const tools = join(folder, "tools");
    mkdirSync(tools);
    symlinkSync("/bin/sh", join(tools, "sh"));
    await expect(
      openSandbox({ user, argv: ["true"], environment: { PATH: tools }, output: "pipe" }),
    ).rejects.toMatchObject({ code: "PROGRAM_MISSING", exitCode: 3, message: expect.stringContaining("nsenter") });
  });
});

describe("starting a lab", () => {
  it("names the lab's owner, and leaves its logs when it is stopped", async () => {
    const phases: string[] = [];
    const { summary } = await startLab({
      lab: pair("one"),
      locations: at,
      environment,
      digest: "d",
      file: "/x/lab.yaml",
      onPhase: ({ phase }) => phases.push(phase),
    });
    expect(summary).toMatchObject({ name: "one", state: "running", file: "/x/lab.yaml", nodes: 2, links: 1 });
    expect(phases).toContain("Create 2 nodes");
    const lab = findLab(at, "one");
    expect(startTimeOf(lab?.record.ownerPid ?? 0)).toBe(lab?.record.ownerStartTime);
    expect(await listLabs(at)).toMatchObject([{ name: "one", state: "running" }]);
    expect(await stopLab(at, "one")).toBe("stopped");
    expect(readdirSync(at.runtime)).toEqual([]);
    expect(existsSync(join(at.state, "one/logs/debug.log"))).toBe(true);
  });

  it("refuses a name that is taken, and says whether the file is another by now", async () => {
    await start("one");
    await expect(start("one")).rejects.toMatchObject({
      code: "LAB_EXISTS",
      message: 'Lab "one" is already running.',
    });
    await expect(start("one", "other")).rejects.toMatchObject({
      code: "LAB_EXISTS",
      message: expect.stringContaining("has changed"),
    });
    expect(await listLabs(at)).toMatchObject([{ name: "one", state: "running" }]);
  });

  it("lets one of many at once through", async () => {
    const starts = await Promise.allSettled(Array.from({ length: 4 }, () => start("one")));
    const codes = starts.map((one) => (one.status === "fulfilled" ? "started" : one.reason.code)).sort();
    expect(codes.filter((code) => code === "started")).toEqual(["started"]);
    expect(codes.filter((code) => code === "LAB_BUSY" || code === "LAB_EXISTS")).toHaveLength(3);
  });

  it("undoes everything when it is aborted, at whatever moment", async () => {
    for (const afterMs of [0, 20, 60, 120, 250]) {
      const aborted = await start("one", "d", AbortSignal.timeout(afterMs)).then(
        () => undefined,
        (error: unknown) => error,
      );
      // A start that was quicker than its end is a start.
      if (aborted === undefined) await stopLab(at, "one");
      else expect(aborted).toMatchObject({ code: "UP_ABORTED" });
      expect(readdirSync(at.runtime)).toEqual([]);
    }
  });

  it("ends an attended lab with the process that attends it", async () => {
    const program = join(folder, "attend.ts");
    const index = new URL("../../src/client/index.ts", import.meta.url).href;
    writeFileSync(
      program,
      `import { startLab } from ${JSON.stringify(index)};
       const { lab, locations } = JSON.parse(process.argv[2]);
       await startLab({ lab, locations, environment: process.env, digest: "d", attended: true });
       console.log("running");
       setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [program, JSON.stringify({ lab: pair("one"), locations: at })], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const owner = findLab(at, "one")?.record.ownerPid ?? 0;
    expect(startTimeOf(owner)).toBeDefined();
    child.kill("SIGKILL");
    await expect.poll(() => startTimeOf(owner)).toBeUndefined();
    await expect.poll(() => readdirSync(at.runtime)).toEqual([]);
  });

  it("says what a supervisor that dies said last", async () => {
    const { client } = await start("one");
    const { supervisorPid } = await client.summary();
    const waiting = client.outcome();
    process.kill(supervisorPid, "SIGKILL");
    await expect(waiting).rejects.toMatchObject({ code: "LAB_LOST" });
    await expect.poll(() => readdirSync(at.runtime)).toEqual([]);
    await expect(stopLab(at, "one")).rejects.toMatchObject({ code: "LAB_NOT_FOUND" });
  });

  it("takes the name of a lab whose machine went down with it", async () => {
    await start("one");
    const { folder: left } = labFiles(at.runtime, "one");
    await stopLab(at, "one");
    // As it is after a power cut: the folder is there, and its owner's pid is someone else's by now.
    mkdirSync(left);
    const record = {
      name: "one",
      digest: "d",
      startedAt: new Date().toISOString(),
      ownerPid: process.pid,
      ownerStartTime: "1",
      version: "1",
    };
    writeFileSync(join(left, "lab.json"), JSON.stringify(record));
    writeFileSync(join(left, "claim.0123456789abcdef"), "");
    await start("one");
    expect(await listLabs(at)).toMatchObject([{ name: "one", state: "running" }]);
  });
});

describe("where user namespaces are forbidden", () => {
  it("starting says why, and what to do", async () => {
    // In a user namespace of its own, this test may set the limit for those below.
    const program = join(folder, "forbidden.ts");
    const module = new URL("../../src/client/launch/user-namespace.ts", import.meta.url).href;
    writeFileSync(
      program,
      `import { makeUserNamespace } from ${JSON.stringify(module)};
       await makeUserNamespace(process.env.PATH).catch((error) => console.log(JSON.stringify(error.toReport())));`,
    );
    const child = spawn(
      "unshare",
      [
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"',
        "sh",
        process.execPath,
        program,
      ],
      { stdio: ["ignore", "pipe", "inherit"], env: { ...environment, PATH: path } },
    );
    expect(JSON.parse(await text(child.stdout))).toMatchObject({
      code: "USER_NAMESPACES_FORBIDDEN",
      message: expect.stringContaining("user.max_user_namespaces is 0"),
      remedy: expect.stringContaining('echo "user.max_user_namespaces = 28633" | sudo tee'),
    });
  });
});

describe("folders and files", () => {
  it("of labs must be this user's alone", async () => {
    mkdirSync(at.runtime);
    chmodSync(at.runtime, 0o777);
    await expect(prepareRuntime(at)).rejects.toMatchObject({ code: "FOLDER_UNSAFE", exitCode: 3 });
    await rm(at.runtime, { recursive: true });
    symlinkSync(folder, at.runtime);
    await expect(prepareRuntime(at)).rejects.toMatchObject({ code: "FOLDER_UNSAFE" });
    await rm(at.runtime);
    writeFileSync(at.runtime, "");
    await expect(prepareRuntime(at)).rejects.toMatchObject({ code: "FOLDER_UNUSABLE", exitCode: 3 });
  });

  it("that root's labs read must be open to others, and the first that is not is named", () => {
    const closed = join(folder, "closed");
    mkdirSync(join(closed, "in"), { recursive: true });
    writeFileSync(join(closed, "in/file"), "");
    chmodSync(closed, 0o755);
    chmodSync(join(closed, "in/file"), 0o644);
    chmodSync(join(closed, "in"), 0o755);
    const check = () => requireOpenToOthers({ files: [join(closed, "in/file")], folders: [closed] }, 2_000_000_000);
    expect(check).not.toThrow();
    chmodSync(join(closed, "in/file"), 0o640);
    expect(check).toThrow(
      expect.objectContaining({ code: "FILE_UNREADABLE", message: expect.stringContaining("in/file") }),
    );
    chmodSync(closed, 0o700);
    expect(check).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`${closed} is closed to others`) }),
    );
  });
});
