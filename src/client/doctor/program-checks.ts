import { execFile } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { access } from "node:fs/promises";
import { createConnection } from "node:net";
import { promisify } from "node:util";
import { findProgram } from "../launch/id-facts.ts";
import { findOwnPodman } from "../launch/podman/find.ts";
import type { Check, Finding, Surroundings } from "./check.ts";
import { installCommand, type PackageNames } from "./distribution.ts";

const run = promisify(execFile);
const answerMs = 20_000;

/** Where distributions put FRR's daemons: they are in no PATH. */
const frrFolders = ["/usr/lib/frr", "/usr/libexec/frr", "/usr/lib64/frr"];

/** The first line a program says of its version. */
async function versionOf(program: string, argv: readonly string[], path: string): Promise<string | undefined> {
  const found = findProgram(program, path);
  if (found === undefined) return undefined;
  try {
    const { stdout, stderr } = await run(found, [...argv], { timeout: answerMs, killSignal: "SIGKILL" });
    return `${stdout}${stderr}`.trim().split("\n")[0] ?? program;
  } catch (error) {
    // Some print their version and fail for another reason.
    const { stdout = "" } = error as { stdout?: string };
    return stdout.trim().split("\n")[0] || `${found} does not run`;
  }
}

const notInstalled = (surroundings: Surroundings, names: PackageNames): Finding => ({
  status: "missing",
  detail: "not installed",
  mend: installCommand(surroundings.distribution, names),
});

/** Booted by src/lab/probe.ts, in a sandbox as labs have; without one, the version is all there is to see. */
function withGuest(version: string, guest: { ok: boolean; detail?: string } | undefined): Finding {
  if (guest === undefined) return { status: "ok", detail: version };
  return guest.ok
    ? { status: "ok", detail: `${version}; ${guest.detail}` }
    : { status: "missing", detail: `${version}, but ${guest.detail}` };
}

export const programChecks: readonly Check[] = [
  {
    name: "libpcap",
    neededFor: "filters of captures",
    find: ({ kernel, distribution }) => {
      const finding = kernel?.["filters"];
      if (finding === undefined) return { status: "unknown", detail: "cannot be tried without a sandbox" };
      if (finding.ok) return { status: "ok", detail: "compiles filters" };
      const names = { debian: "libpcap0.8", fedora: "libpcap", suse: "libpcap1", arch: "libpcap", alpine: "libpcap" };
      return {
        status: "missing",
        detail: finding.detail ?? "not installed",
        mend: installCommand(distribution, names),
      };
    },
  },
  {
    name: "FRR",
    neededFor: "routers with frr: (OSPF, BGP, IS-IS, …)",
    find: async (surroundings) => {
      const folder = frrFolders.find((one) => existsSync(`${one}/zebra`));
      if (folder === undefined) return notInstalled(surroundings, { debian: "frr" });
      const version = await versionOf("zebra", ["--version"], folder);
      return { status: "ok", detail: version?.replace(/^zebra version /, "FRR ") ?? folder };
    },
  },
  {
    name: "pasta",
    neededFor: "nodes with internet: true",
    find: async (surroundings) => {
      const { path } = surroundings;
      // Debian's says no number.
      const said = await versionOf("pasta", ["--version"], path);
      if (said !== undefined) return { status: "ok", detail: said.replace(/^pasta unknown version$/, "installed") };
      const slirp = await versionOf("slirp4netns", ["--version"], path);
      const names = { debian: "passt", fedora: "passt", suse: "passt", arch: "passt", alpine: "passt" };
      if (slirp === undefined) return notInstalled(surroundings, names);
      const mend = installCommand(surroundings.distribution, names);
      return { status: "limited", detail: `not installed; ${slirp} does it, for IPv4 alone`, mend };
    },
  },
  {
    name: "QEMU",
    neededFor: "virtual machines and appliances",
    find: async (surroundings) => {
      const program = process.arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64";
      const version = await versionOf(program, ["--version"], surroundings.path);
      if (version !== undefined) return withGuest(version, surroundings.kernel?.["guest"]);
      const debian = process.arch === "arm64" ? "qemu-system-arm" : "qemu-system-x86";
      return notInstalled(surroundings, {
        debian,
        fedora: "qemu-kvm",
        suse: "qemu",
        arch: "qemu-base",
        alpine: program,
      });
    },
  },
  {
    name: "KVM",
    neededFor: "virtual machines at full speed; without, they are emulated",
    find: async ({ environment, kernel }) => {
      const device = "/dev/kvm";
      if (!existsSync(device)) {
        return {
          status: "missing",
          detail: `there is no ${device}: virtualisation is off in the firmware, or this is a virtual machine without nested virtualisation`,
        };
      }
      const allowed = await access(device, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      );
      if (!allowed) {
        return {
          status: "missing",
          detail: `${device} is closed to you`,
          mend: `sudo usermod -aG kvm ${environment["USER"] ?? "$USER"} (and log in again)`,
        };
      }
      // As a lab's sandbox finds it: root's labs are not root.
      const found = kernel?.["kvm"];
      if (found === undefined)
        return {
          status: "unknown",
          detail: `${device} can be opened; only a guest booted by QEMU shows whether it works`,
        };
      if (found.ok) return { status: "ok", detail: found.detail ?? "works" };
      return { status: "limited", detail: `${found.detail}: machines are emulated here` };
    },
  },
  {
    name: "Open vSwitch",
    neededFor: "switches with driver: ovs (bonds, mirrors, OpenFlow; VLANs where the kernel's bridges know none)",
    find: async (surroundings) => {
      const version = await versionOf("ovs-vswitchd", ["--version"], surroundings.path);
      if (version !== undefined) return { status: "ok", detail: version };
      return notInstalled(surroundings, {
        debian: "openvswitch-switch",
        fedora: "openvswitch",
        arch: "openvswitch",
        alpine: "openvswitch",
      });
    },
  },
  {
    name: "Docker",
    neededFor: "nodes from container images, run by Docker",
    find: (surroundings) => {
      const host = surroundings.environment["DOCKER_HOST"];
      const socket = host?.startsWith("unix://") ? host.slice("unix://".length) : "/var/run/docker.sock";
      return containerEngine(surroundings, {
        name: "Docker",
        socket,
        program: "docker",
        names: { debian: "docker.io", fedora: "moby-engine", suse: "docker", arch: "docker", alpine: "docker" },
        start: "sudo systemctl enable --now docker",
        allow: `sudo usermod -aG docker ${surroundings.environment["USER"] ?? "$USER"} (and log in again)`,
      });
    },
  },
  {
    name: "Podman",
    neededFor: "nodes from container images, run by Podman",
    find: (surroundings) => {
      const { uid, environment } = surroundings;
      const runtime = uid === 0 ? "/run" : (environment["XDG_RUNTIME_DIR"] ?? `/run/user/${uid}`);
      return withOwnPodman(surroundings, {
        name: "Podman",
        socket: `${runtime}/podman/podman.sock`,
        program: "podman",
        names: { debian: "podman" },
        start: uid === 0 ? "systemctl enable --now podman.socket" : "systemctl --user enable --now podman.socket",
        allow: `check the permissions of ${runtime}/podman`,
      });
    },
  },
];

type Engine = {
  readonly name: string;
  readonly socket: string;
  readonly program: string;
  readonly names: PackageNames;
  readonly start: string;
  readonly allow: string;
};

/** By asking: both answer `GET /_ping` (Docker Engine API) with OK. */
async function containerEngine(surroundings: Surroundings, engine: Engine): Promise<Finding> {
  const { socket, program, names, start, allow, name } = engine;
  const answer = await ping(socket);
  if (answer === "OK") return { status: "ok", detail: `answers on ${socket}` };
  if (answer === "EACCES") return { status: "missing", detail: `${socket} is closed to you`, mend: allow };
  if (findProgram(program, surroundings.path) === undefined) return notInstalled(surroundings, names);
  return {
    status: "missing",
    detail: `${name} is installed but does not answer on ${socket} (${answer})`,
    mend: start,
  };
}

/** An ordinary user needs no service: a lab runs a Podman of its own, unless an engine of root's is there to be asked. */
async function withOwnPodman(surroundings: Surroundings, engine: Engine): Promise<Finding> {
  const finding = await containerEngine(surroundings, engine);
  const { uid, environment } = surroundings;
  if (uid === 0) return finding;
  const own = findOwnPodman(environment, uid);
  if ("podman" in own)
    return { status: "ok", detail: "labs run it themselves, without root, where no engine of root's answers" };
  if (finding.status !== "ok") return finding;
  return { status: "missing", detail: `${finding.detail}, but within labs it lacks ${own.missing.join(", ")}` };
}

function ping(path: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = createConnection({ path });
  let answer = "";
  socket.setTimeout(answerMs, () => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  socket.on("connect", () => socket.write("GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  socket.on("data", (data) => {
    answer += data.toString("latin1");
  });
  socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.on("close", () => resolve(/^HTTP\/1\.[01] 200/.test(answer) ? "OK" : "no sensible answer"));
  return promise;
}
