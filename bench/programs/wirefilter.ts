import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createNetns, inNamespaces, type Namespace } from "../../src/kernel/index.ts";

/** Two nodes that VDE joins: a tap in each, a switch behind it, and the wirefilter between the switches. */
export type VdePair = { readonly a: Namespace; readonly b: Namespace; stop(): void };

const startMs = 10_000;

/** The second node's address is 10.9.0.2. */
export async function vdePair(): Promise<VdePair> {
  const folder = mkdtempSync(join(tmpdir(), "netwright-bench-vde-"));
  const sockets = ["a", "b"].map((name) => join(folder, name));
  const children: ChildProcess[] = [];
  const nodes: Namespace[] = [];
  for (const [index, socket] of sockets.entries()) {
    const netns = createNetns();
    nodes.push(netns);
    inNamespaces([netns], () => {
      children.push(spawn("vde_switch", ["-sock", socket, "-tap", "eth0"], { stdio: ["pipe", "ignore", "ignore"] }));
    });
    await until(() => existsSync(join(socket, "ctl")));
    inNamespaces([netns], () => {
      for (const argv of [
        ["link", "set", "lo", "up"],
        ["address", "add", `10.9.0.${index + 1}/24`, "dev", "eth0"],
        ["link", "set", "eth0", "up"],
      ])
        execFileSync("ip", argv);
    });
  }
  children.push(spawn("wirefilter", ["-v", sockets.join(":")], { stdio: ["pipe", "ignore", "ignore"] }));
  const [a, b] = nodes as [Namespace, Namespace];
  await until(() => inNamespaces([a], () => reaches("10.9.0.2")));
  return {
    a,
    b,
    stop: () => {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = performance.now() + startMs; !isSo(); await sleep(50))
    if (performance.now() > deadline) throw new Error("VDE does not come up");
}

function reaches(address: string): boolean {
  try {
    execFileSync("ping", ["-c", "1", "-W", "1", address], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
