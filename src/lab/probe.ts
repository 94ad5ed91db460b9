import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { chooseAcceleration } from "../engines/vm/acceleration.ts";
import { bootProbe } from "../engines/vm/boot-probe.ts";
import { compileFilter, makePrivate, mount, RtnetlinkHandle, Tap } from "../kernel/index.ts";

/*
 * What this machine's kernel can do for a lab, found by doing it: run in a sandbox of its own like a
 * supervisor, it tries each feature and writes one JSON object to file descriptor 3.
 */

type Finding = { readonly ok: boolean; readonly detail?: string };

const reportFd = 3;
const commandMs = 20_000;

const findings: Record<string, Finding> = {};

function attempt(feature: string, action: () => void): void {
  try {
    action();
    findings[feature] = { ok: true };
  } catch (error) {
    findings[feature] = { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** By the system's tools, for features that Netwright itself does not use on every link. */
function attemptCommand(feature: string, ...argv: readonly [string, ...string[]]): void {
  attempt(feature, () => {
    const { status, stderr, error } = spawnSync(argv[0], argv.slice(1), { encoding: "utf8", timeout: commandMs });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1) ?? `exit code ${status}`);
  });
}

attempt("mounts", () => makePrivate("/"));
attempt("proc", () => mount({ source: "proc", target: "/proc", type: "proc" }));
const folder = `${tmpdir()}`;
attempt("tmpfs", () => mount({ source: "tmpfs", target: folder, type: "tmpfs" }));
const overlay = (name: string, lower: string) => {
  const at = `${folder}/${name}`;
  for (const part of ["lower", "upper", "work", "merged"]) mkdirSync(`${at}/${part}`, { recursive: true });
  const data = `lowerdir=${lower},upperdir=${at}/upper,workdir=${at}/work`;
  mount({ source: "overlay", target: `${at}/merged`, type: "overlay", data });
};
attempt("overlay", () => overlay("plain", `${folder}/plain/lower`));
// What is mounted in /etc, as containers have it, may not be seen through (clone_private_mount() in fs/namespace.c).
attempt("overlay-etc", () => overlay("etc", "/etc"));

const handle = RtnetlinkHandle.open();
attempt("veth", () => handle.linkAdd({ name: "probe0", ifindex: 100, peer: { name: "probe1", ifindex: 101 } }));
attempt("bridge", () => handle.bridgeAdd({ name: "probebr", ifindex: 102 }));
attempt("redirect", () => {
  handle.qdiscReplace({ kind: "clsact", ifindex: 100 });
  handle.filterReplace({ ifindex: 100, hook: "ingress", redirectTo: 101 });
});
attempt("tap", () => Tap.open({ name: "probetap" }).close());
for (const kind of ["vxlan", "dummy", "ifb", "wireguard"] as const) {
  attemptCommand(
    kind,
    "ip",
    "link",
    "add",
    `probe-${kind}`.slice(0, 15),
    "type",
    kind,
    ...(kind === "vxlan" ? ["id", "1", "dstport", "4789"] : []),
  );
}
attemptCommand("vlan", "ip", "link", "add", "link", "probe0", "name", "probe0.5", "type", "vlan", "id", "5");
attemptCommand("vrf", "ip", "link", "add", "probe-vrf", "type", "vrf", "table", "10");
attemptCommand("netem", "tc", "qdisc", "add", "dev", "probe0", "root", "netem", "delay", "1ms");
attemptCommand(
  "tbf",
  "tc",
  "qdisc",
  "add",
  "dev",
  "probe1",
  "root",
  "tbf",
  "rate",
  "1mbit",
  "burst",
  "10kb",
  "latency",
  "50ms",
);
attemptCommand("nftables", "nft", "add", "table", "inet", "probe");
handle.close();
attempt("filters", () => {
  const result = compileFilter("tcp port 80", 65_535);
  if (!("program" in result)) throw new Error("unavailable" in result ? result.unavailable : result.invalid);
});

// A boot sector is x86's; elsewhere the version is all there is to see.
const qemu = "qemu-system-x86_64";
if (process.arch === "x64" && spawnSync(qemu, ["--version"], { timeout: commandMs }).status === 0) {
  const [emulated, { accelerator, reason }] = await Promise.all([bootProbe(qemu, "tcg"), chooseAcceleration(qemu)]);
  findings["guest"] = emulated.booted
    ? { ok: true, detail: `a guest booted in ${emulated.afterMs} ms` }
    : { ok: false, detail: emulated.detail };
  findings["kvm"] = { ok: accelerator === "kvm", detail: reason };
}

writeSync(reportFd, `${JSON.stringify(findings)}\n`);
closeSync(reportFd);
