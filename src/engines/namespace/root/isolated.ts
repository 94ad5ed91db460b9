import { chmodSync, existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { bindMount, makePrivate, mount, pivotRoot, unmount } from "../../../kernel/index.ts";
import type { ProgramNode } from "../../../topology/index.ts";
import { resolvConf } from "../../resolv-conf.ts";
import type { EtcTemplate } from "./etc.ts";
import { makeMountPoint } from "./mount-point.ts";
import { mountOfHost } from "./mounts.ts";

/** Folders of the host that hold programs: seen by nodes, read-only. Links among them (merged /usr) are links in the node too. */
const programFolders = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/opt",
  "/nix",
  "/snap",
  "/gnu",
];

/** Device files that say nothing of the machine and change nothing in it. */
const devices = ["null", "zero", "full", "random", "urandom", "tty", "net/tun", "fuse"];

/** Where the sandbox's /proc stays until the node has its own: the kernel grants a new one only to those who already see one. */
export const formerProc = "/.former-proc";

/** The group that owns terminals; by convention 5 (login.defs(5), TTYGROUP). */
const ttyGroup = 5;

/**
 * Makes this thread's mount namespace a root file system of the node's own and moves into it. What
 * was there before cannot be reached afterwards. Call it in new mount, network, UTS and IPC namespaces.
 *
 * @param stage an empty folder that becomes the new root
 */
export function enterIsolatedRoot(
  node: ProgramNode,
  stage: string,
  etc: EtcTemplate,
  options: { readonly hasUsers: boolean; readonly host: string },
): void {
  makePrivate("/");
  mount({ source: "tmpfs", target: stage, type: "tmpfs", flags: ["nosuid", "nodev"], data: "mode=755" });
  for (const folder of [
    "etc",
    "proc",
    "sys",
    "dev",
    "run",
    "tmp",
    "var",
    "root",
    "home",
    "srv",
    "mnt",
    "media",
    formerProc.slice(1),
    ".own",
  ]) {
    mkdirSync(`${stage}/${folder}`);
  }
  provideProgramFolders(stage, options.host);
  etc.provide(`${stage}/etc`, `${stage}/.own`);
  writeFileSync(`${stage}/etc/hostname`, `${node.hostname}\n`);
  writeFileSync(`${stage}/etc/resolv.conf`, resolvConf(node));
  writeFileSync(`${stage}/etc/hosts`, "");
  bindMount(etc.hostsFile, `${stage}/etc/hosts`, { readOnly: true });
  provideVariableFolders(stage);
  provideDevices(`${stage}/dev`, options);
  bindMount("/proc", `${stage}${formerProc}`, { recursive: true });
  for (const shown of node.mounts)
    mountOfHost(shown, makeMountPoint(`${stage}${shown.target}`, shown.source), options.host);
  mountSysfs(`${stage}/sys`);
  pivotRoot(stage, `${stage}/mnt`);
  unmount("/mnt", { detach: true });
}

/** /sys of the network namespace this thread is in; containers may forbid it, and few programs need it. */
export function mountSysfs(target: string): boolean {
  try {
    mount({ source: "sysfs", target, type: "sysfs", flags: ["nosuid", "nodev", "noexec", "readonly"] });
    return true;
  } catch {
    return false;
  }
}

function provideProgramFolders(stage: string, host: string): void {
  for (const folder of programFolders) {
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) symlinkSync(readlinkSync(folder), `${stage}${folder}`);
    else if (stats?.isDirectory()) {
      mkdirSync(`${stage}${folder}`);
      mountOfHost({ source: folder, readOnly: true }, `${stage}${folder}`, host);
    }
  }
}

function provideVariableFolders(stage: string): void {
  for (const folder of ["var/log", "var/lib", "var/cache", "var/spool", "var/tmp", "var/empty", "run/lock"]) {
    mkdirSync(`${stage}/${folder}`, { recursive: true });
  }
  symlinkSync("/run", `${stage}/var/run`);
  symlinkSync("/run/lock", `${stage}/var/lock`);
  for (const folder of ["tmp", "var/tmp"]) chmodSync(`${stage}/${folder}`, 0o1777);
  chmodSync(`${stage}/root`, 0o700);
}

/** The harmless devices, in an empty folder. */
export function provideDevices(dev: string, options: { readonly hasUsers: boolean }): void {
  mkdirSync(`${dev}/net`);
  mkdirSync(`${dev}/pts`);
  mkdirSync(`${dev}/shm`);
  chmodSync(`${dev}/shm`, 0o1777);
  for (const device of devices) {
    if (!existsSync(`/dev/${device}`)) continue;
    writeFileSync(`${dev}/${device}`, "");
    bindMount(`/dev/${device}`, `${dev}/${device}`, {});
  }
  const group = options.hasUsers ? `,gid=${ttyGroup}` : "";
  mount({
    source: "devpts",
    target: `${dev}/pts`,
    type: "devpts",
    flags: ["nosuid", "noexec"],
    data: `newinstance,ptmxmode=0666,mode=620${group}`,
  });
  symlinkSync("pts/ptmx", `${dev}/ptmx`);
  symlinkSync("/proc/self/fd", `${dev}/fd`);
  for (const [fd, name] of ["stdin", "stdout", "stderr"].entries())
    symlinkSync(`/proc/self/fd/${fd}`, `${dev}/${name}`);
}
