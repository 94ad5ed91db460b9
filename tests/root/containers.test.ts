import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLab, stopLab } from "../../src/client/index.ts";
import { collectContainers } from "../../src/client/registry/containers.ts";
import type { HostNode, Lab, NodeImage } from "../../src/topology/index.ts";
import { Netwright } from "../cli/netwright.ts";
import { lab, openFolder, RunningLab } from "../lab/running-lab.ts";
import { actLikeNodes, beSaved, box, container, obeyLimits, takeAndGiveFiles, three } from "./container-core.ts";
import { DockerDaemon } from "./docker-daemon.ts";
import { OtherUser } from "./other-user.ts";

const why = DockerDaemon.unavailable();
let docker: DockerDaemon;

beforeAll(async () => {
  if (why !== undefined) return;
  docker = await DockerDaemon.start();
  process.env["DOCKER_HOST"] = `unix://${docker.socket}`;
}, 90_000);
afterAll(async () => {
  await docker?.[Symbol.asyncDispose]();
  delete process.env["DOCKER_HOST"];
}, 90_000);

async function fails(
  wanted: Lab,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: string; message: string }> {
  const folder = await openFolder("containers");
  const locations = { runtime: `${folder}/run`, state: `${folder}/state`, cache: `${folder}/cache` };
  try {
    await startLab({ lab: wanted, locations, environment: { ...process.env, ...environment }, digest: "test" });
    await stopLab(locations, wanted.name);
    return { code: "NONE", message: "" };
  } catch (error) {
    const first = error instanceof AggregateError ? error.errors[0] : error;
    expect(readdirSync(locations.runtime)).toEqual([]);
    return first as { code: string; message: string };
  } finally {
    execFileSync("rm", ["-rf", folder]);
  }
}

describe.skipIf(why !== undefined)(`containers${why === undefined ? "" : ` (${why})`}`, () => {
  it("are nodes as any other, and nothing of them is left", () => actLikeNodes(() => docker.containers()));

  it("take and give files, and nothing but theirs", takeAndGiveFiles);

  it("are saved as images", () => beSaved(() => docker.containers(), docker.engine));

  it("go with their lab when the supervisor is killed, and with gc when the keeper is killed as well", async () => {
    const folder = await openFolder("containers");
    const at = { runtime: `${folder}/run`, state: `${folder}/state`, cache: `${folder}/cache` };
    const up = async (name: string) =>
      (await startLab({ lab: three(name), locations: at, environment: process.env, digest: "test" })).summary
        .supervisorPid;
    process.kill(await up("killed"), "SIGKILL");
    await expect.poll(() => docker.containers()).toEqual([]);
    const supervisor = await up("forgotten");
    const keeper = (await docker.containers()).find((name) => name.endsWith("-keeper")) ?? "";
    await docker.engine.kill("Killing the keeper", keeper);
    process.kill(supervisor, "SIGKILL");
    await expect.poll(() => existsSync(`${at.runtime}/forgotten`)).toBe(false);
    await expect.poll(() => docker.containers()).toHaveLength(4 - 1 + 0);
    expect(await collectContainers(at, process.env)).toEqual(["forgotten"]);
    expect(await docker.containers()).toEqual([]);
    execFileSync("rm", ["-rf", folder]);
  });

  it("are for a user in the group of the engine's socket, with no other right", async () => {
    const group = 54_321;
    docker.allow(group);
    using user = new OtherUser(group, { DOCKER_HOST: `unix://${docker.socket}` });
    const image = '"docker-daemon:box:1"';
    writeFileSync(
      join(user.folder, "lab.yaml"),
      `name: group
nodes:
  c1: {engine: container, image: ${image}, command: none, interfaces: {eth0: 10.0.0.1/24}}
  c2: {engine: container, image: ${image}, kind: web, interfaces: {eth0: 10.0.0.2/24}}
  c3: {engine: container, image: ${image}, command: [sleep, "1000"], join: c1}
links: [[c1, c2]]
`,
    );
    const does = async (...words: readonly string[]) => {
      const done = await user.netwright(...words);
      expect(done, words.join(" ")).toMatchObject({ status: 0 });
      return done.stdout;
    };
    const supervisor = async () => JSON.parse(await does("ps", "--json")).lab.supervisorPid as number;
    await does("up");
    expect(await does("exec", "c3", "--", "wget", "-q", "-O", "-", "http://c2/")).toBe("This is c2.\n");
    await does("cp", "lab.yaml", "c1:/tmp");
    await does("cp", "c1:/tmp/lab.yaml", "back");
    expect(readFileSync(join(user.folder, "back"), "utf8")).toContain("name: group");
    const ofSupervisor = readFileSync(`/proc/${await supervisor()}/status`, "utf8");
    expect(/^Uid:\s+(\d+)/m.exec(ofSupervisor)?.[1]).not.toBe("0");
    await does("down");
    expect(await docker.containers()).toEqual([]);
    await does("up");
    process.kill(await supervisor(), "SIGKILL");
    await expect.poll(() => docker.containers()).toEqual([]);
    await does("gc");
    using closed = new OtherUser(group + 1, { DOCKER_HOST: `unix://${docker.socket}` });
    writeFileSync(join(closed.folder, "lab.yaml"), `nodes: {c1: {engine: container, image: ${image}}}\n`);
    const refused = await closed.netwright("up");
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("usermod -aG docker");
  });

  it("are made of images that were built here, out of the engine's own", async () => {
    await using netwright = await Netwright.open({
      "probe.yaml": `
from: docker-daemon:box:1
files: {/srv/greeting: "hello\\n"}
run: [{shell: "cat /srv/greeting >/srv/copy; chown 7:8 /srv/copy"}]
command: [sleep, "1000"]
working-directory: /srv
`,
      "lab.yaml": `
name: built
nodes: {a: {engine: container, image: "team/probe:v1", pull: never}, b: {image: "team/probe:v1", command: none}}
`,
    });
    const cache = join(netwright.folder, "cache");
    const environment = { DOCKER_HOST: process.env["DOCKER_HOST"] ?? "", NETWRIGHT_CACHE_DIR: cache };
    const call = async (...argv: readonly string[]) => {
      const called = await netwright.call(argv, { environment });
      expect({ argv, ...called }).toMatchObject({ exitCode: 0 });
      return called.stdout;
    };
    await call("image", "build", "probe.yaml", "team/probe:v1");
    await call("image", "push", "team/probe:v1", "docker-daemon:team/probe:v1");
    await call("up", "--quiet");
    const look = ["cat copy; stat -c %u:%g copy; pwd"];
    for (const node of ["a", "b"])
      expect(await call("exec", node, "--", "sh", "-c", ...look)).toBe("hello\n7:8\n/srv\n");
    expect(JSON.parse(await call("commit", "--json", "a", "x"))).toMatchObject({
      image: { name: "x:latest", where: "engine" },
    });
    await call("commit", "b", "team/probe:v2");
    await call("down");
    await call("image", "prune", "--all");
  });

  it("are limited as the lab file says, and it is told who had no memory left", () => obeyLimits("Docker"));

  it("that cannot be, say why, and nothing is left of the lab", async () => {
    const one = (image: NodeImage, more: Partial<HostNode> = {}) =>
      lab("bad", { nodes: [container("c1", ["10.0.0.1/24"], more, image)] });
    const ended = await fails(one(box({ command: { shell: "echo no way; exit 3" } })));
    expect(ended.code).toBe("CONTAINER_ENDED");
    expect(ended.message).toMatch(/exit code 3[\s\S]*no way/);
    expect(await fails(one(box({ command: { argv: ["/nosuch"] } })))).toMatchObject({
      code: "CONTAINER_ENGINE_REFUSED",
      message: expect.stringContaining("/nosuch"),
    });
    expect(await fails(one(box({ reference: "docker-daemon:nosuch:1" })))).toMatchObject({
      code: "CONTAINER_IMAGE_MISSING",
    });
    expect(await fails(one(box({ reference: "127.0.0.1:1/nosuch:1" })))).toMatchObject({
      code: "CONTAINER_IMAGE_MISSING",
    });
    expect(await fails(one(box({ reference: "oci:/nosuch" })))).toMatchObject({ code: "CONTAINER_IMAGE_TRANSPORT" });
    expect(await fails(one(box(), { startup: [{ shell: "exit 4" }] }))).toMatchObject({ code: "COMMAND_FAILED" });
    expect(await fails(one(box()), { DOCKER_HOST: "unix:///nosuch.sock" })).toMatchObject({
      code: "CONTAINER_ENGINE_MISSING",
    });
    expect(await fails(one(box()), { DOCKER_HOST: "tcp://127.0.0.1:1" })).toMatchObject({
      code: "CONTAINER_ENGINE_ADDRESS",
    });
    expect(await docker.containers()).toEqual([]);
  });

  it("that are being started when their engine stops fail the lab, and go when it is back", async () => {
    const nodes = Array.from({ length: 8 }, (_, index) => container(`c${index}`, [], {}, box({ command: "none" })));
    const folder = await openFolder("containers");
    const locations = { runtime: `${folder}/run`, state: `${folder}/state`, cache: `${folder}/cache` };
    const options = { lab: lab("broken", { nodes }), locations, environment: process.env, digest: "test" };
    const starting = startLab(options).then(
      () => ({ code: "NONE" }),
      (error: unknown) => (error instanceof AggregateError ? error.errors[0] : error) as { code: string },
    );
    await expect
      .poll(async () => (await docker.containers()).length, { timeout: 30_000, interval: 5 })
      .toBeGreaterThan(2);
    await docker.stop();
    const { code } = await starting;
    expect(code).toMatch(/^CONTAINER_ENGINE_(LOST|REFUSED)$/);
    expect(readdirSync(locations.runtime)).toEqual([]);
    await docker.run();
    await collectContainers(locations, process.env);
    expect(await docker.containers()).toEqual([]);
    execFileSync("rm", ["-rf", folder]);
  });

  it("fail with their engine, and go when it is back", async () => {
    await using running = await RunningLab.up(three("halfway"));
    await docker.stop();
    await expect
      .poll(async () => (await running.client.detail()).nodeStatus.find(({ name }) => name === "c1")?.state)
      .toBe("failed");
    await expect(running.run("c1", ["true"])).rejects.toMatchObject({ code: "NODE_FAILED" });
    expect((await running.run("h1", ["true"])).exitCode).toBe(0);
    await docker.run();
    await running.down();
    // The keeper has ended with its engine; the next that looks removes what it could not.
    await collectContainers(running.at, process.env);
    expect(await docker.containers()).toEqual([]);
  });
});
