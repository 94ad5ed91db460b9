/**
 * Shows Netwright: brings up the lab of examples/ospf-triangle, looks around in it, takes it down,
 * and looks for anything left. Every command is printed before it runs, as one would type it.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { leftSince, takeSnapshot, watchOf } from "../tests/leaks/snapshot.ts";
import { copyCheckout, isOpen } from "./suite/copy.ts";

const checkout = join(import.meta.dirname, "..");
const lab = "demo";

const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const say = (text: string) => console.log(`\n${bold(text)}`);

process.exitCode = await demo();

async function demo(): Promise<number> {
  if (process.getuid?.() !== 0 || isOpen(checkout)) return show(checkout);
  const folder = mkdtempSync(join(tmpdir(), "netwright-demo-"));
  chmodSync(folder, 0o755);
  console.log(`${checkout} is closed to the unprivileged ids that labs run under; the demo runs from a copy.`);
  try {
    await copyCheckout(checkout, join(folder, "checkout"));
    return await show(join(folder, "checkout"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function show(root: string): Promise<number> {
  const folder = join(root, "examples/ospf-triangle");
  const watch = watchOf(process.getuid?.() ?? -1);
  const before = takeSnapshot(watch);
  const netwright = (...argv: readonly string[]) => run(root, folder, argv);

  say("A lab file (examples/ospf-triangle/lab.yaml): three routers in a triangle, a host at two of them. Drawn:");
  const drawn = netwright("graph");
  say("Bring it up: no root, no daemon, no containers.");
  let worked = netwright("up", "-n", lab) && drawn;
  try {
    if (!worked) return 1;
    netwright("ps", "-n", lab);
    say("OSPF finds the routes:");
    worked = (await untilRouted(root, folder)) && worked;
    worked = netwright("exec", "-n", lab, "r1", "--", "vtysh", "-c", "show ip ospf neighbor") && worked;
    say("From host to host, across the routers:");
    worked = netwright("exec", "-n", lab, "h1", "--", "ping", "-c", "3", "-i", "0.2", "h3") && worked;
    worked = netwright("exec", "-n", lab, "h1", "--", "traceroute", "-n", "h3") && worked;
  } finally {
    say("Take it down:");
    worked = netwright("down", "-n", lab) && worked;
  }
  const left = await leftSince(before, watch);
  if (left.length > 0) {
    say("Left behind, which should not be:");
    for (const item of left) console.log(`  ${item}`);
    return 1;
  }
  say("Nothing is left: no process, namespace, mount, interface, socket or file of it.");
  if (!worked) say("Some of the commands above failed.");
  return worked ? 0 : 1;
}

/** OSPF needs a moment to find its neighbours and the routes behind them. */
async function untilRouted(root: string, folder: string): Promise<boolean> {
  const probe = ["exec", "-n", lab, "h1", "--", "ping", "-c", "1", "-W", "1", "h3"];
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(200)) {
    const { status } = spawnSync(join(root, "bin/netwright"), probe, { cwd: folder, stdio: "ignore" });
    if (status === 0) return true;
  }
  console.log("OSPF did not converge within a minute.");
  return false;
}

/** Runs netwright in `folder`, after printing what is run. Returns whether it succeeded. */
function run(root: string, folder: string, argv: readonly string[]): boolean {
  console.log(`\n$ netwright ${argv.map((word) => (/[ ;]/.test(word) ? `"${word}"` : word)).join(" ")}`);
  const { status } = spawnSync(join(root, "bin/netwright"), argv, { cwd: folder, stdio: "inherit" });
  return status === 0;
}
