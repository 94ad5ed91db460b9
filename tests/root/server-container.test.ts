import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { DockerDaemon } from "./docker-daemon.ts";
import { importImage, serverImage } from "./test-images.ts";

/*
 * The server in a container, with the rights that docs/operations.md gives it and no others. The image of
 * deploy/Containerfile takes minutes and half of Debian: this one has the machine's own programs, mounted.
 */

const root = join(import.meta.dirname, "../..");
const why = DockerDaemon.unavailable();

/** What `docker run` of the documentation says of rights; paths are from the checkout. */
function documentedRights(): readonly string[] {
  const page = readFileSync(join(root, "docs/operations.md"), "utf8");
  const command = /^docker run (?:.*\\\n)*.*$/m.exec(page)?.[0].replaceAll("\\\n", " ") ?? "";
  const rights = [...command.matchAll(/(--(?:device|security-opt|cap-add|cap-drop)) (\S+)/g)];
  return rights.flatMap(([, option = "", value = ""]) => [
    option,
    value.replace(/^seccomp=(?!unconfined)/, `seccomp=${root}/`),
  ]);
}

const lab = `name: inside
nodes:
  h1: { interfaces: { eth0: 10.0.0.1/24 } }
  h2: { interfaces: { eth0: 10.0.0.2/24 } }
links:
  - endpoints: [h1, h2]
    impairment: { delay: 1ms }
`;

it("the server runs labs in a container with the documented rights", { timeout: 120_000 }, async ({ skip }) => {
  if (why !== undefined) return skip(why);
  await using docker = await DockerDaemon.start();
  await importImage(docker.socket, "server:1", serverImage());
  const folder = mkdtempSync(join(tmpdir(), "nw-server-"));
  try {
    chmodSync(folder, 0o755);
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(join(folder, "lab.yaml"), lab);
    const config = { listen: "127.0.0.1:8080", database: "sqlite:/var/lib/netwright/server.db", plain: true };
    writeFileSync(join(folder, "server.yaml"), JSON.stringify(config));
    chownSync(data, 10_000, 10_000);

    const environment = { PATH: process.env["PATH"], DOCKER_HOST: `unix://${docker.socket}`, DOCKER_CONFIG: folder };
    const call = async (...argv: readonly string[]) =>
      (await promisify(execFile)("docker", [...argv], { env: environment, timeout: 60_000 })).stdout;
    const inside = (...argv: readonly string[]) => call("exec", "server", ...argv);
    const modules = realpathSync(join(root, "node_modules"));
    const mounts = [
      ...["/usr", modules].map((path) => `${path}:${path}:ro`),
      ...[`${root}:/netwright:ro`, `${process.execPath}:/node:ro`, `${folder}:/etc/netwright:ro`],
      `${data}:/var/lib/netwright`,
    ];
    const netwright = ["/node", "--no-warnings", "/netwright/src/cli/main.ts"];
    await call(
      ...["run", "-d", "--name", "server", "--network", "none", "--user", "10000:10000", "--init"],
      ...documentedRights(),
      ...mounts.flatMap((mount) => ["-v", mount]),
      ...["-e", "HOME=/var/lib/netwright", "-e", "NETWRIGHT_RUNTIME_DIR=/var/lib/netwright/run"],
      ...["server:1", ...netwright, "serve", "--config", "/etc/netwright/server.yaml"],
    );
    const health = ["curl", "-fsS", "http://127.0.0.1:8080/api/v1/health"];
    await expect.poll(() => inside(...health).catch(String)).toContain('"state":"ready"');

    await inside(...netwright, "up", "-f", "/etc/netwright/lab.yaml");
    const exec = (...argv: readonly string[]) => inside(...netwright, "exec", "-n", "inside", "h1", "--", ...argv);
    expect(await exec("ping", "-c", "1", "-W", "30", "h2")).toContain("1 received");
    // Root of a lab is the server's user, others are subordinate ids: newuidmap may do its work.
    const supervisor = JSON.parse(await inside(...netwright, "ps", "-n", "inside", "--json")).lab.supervisorPid;
    expect((await inside("cat", `/proc/${supervisor}/uid_map`)).trim().split(/\s+/)).toEqual(
      ["0", "10000", "1", "1", "100000", "65536"].map(String),
    );
    expect(await exec("grep", "^Seccomp:", "/proc/self/status")).toMatch(/2$/m);

    await call("stop", "--time", "30", "server");
    expect(await call("inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", "server")).toBe("0 false\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
