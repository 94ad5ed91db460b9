/**
 * Shows Netwright in a browser: the lab of examples/ospf-triangle, running, in the pages of `netwright ui`, which is
 * told what this is told (--no-browser, --port). It has folders of its own; Ctrl-C takes down every lab in them, those
 * that were drawn in the pages too, and removes them.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyCheckout, isOpen } from "./suite/copy.ts";

const checkout = join(import.meta.dirname, "..");
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

process.exitCode = await demo();

async function demo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "netwright-demo-"));
  chmodSync(folder, 0o755);
  try {
    if (process.getuid?.() !== 0 || isOpen(checkout)) return await show(checkout, folder);
    console.log(`${checkout} is closed to the unprivileged ids that labs run under; the demo runs from a copy.`);
    await copyCheckout(checkout, join(folder, "checkout"));
    return await show(join(folder, "checkout"), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function show(root: string, folder: string): Promise<number> {
  const program = join(root, "bin/netwright");
  const options = {
    cwd: join(root, "examples/ospf-triangle"),
    env: { ...process.env, NETWRIGHT_RUNTIME_DIR: join(folder, "run"), NETWRIGHT_STATE_DIR: join(folder, "state") },
    stdio: "inherit",
  } as const;
  const netwright = (...argv: readonly string[]) => spawnSync(program, argv, options).status;
  // What ends this is for the child to mind; this goes on, and takes down.
  let interrupted = false;
  let child: ReturnType<typeof spawn> | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    interrupted = true;
    child?.kill(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    console.log("A lab to look at (examples/ospf-triangle): three routers that speak OSPF, a host at two of them.");
    if (netwright("up", "-n", "triangle", "--quiet") !== 0) return 1;
    // Signals that came while the lab was started are delivered now.
    await new Promise(setImmediate);
    if (interrupted) return 0;
    const { NETWRIGHT_RUNTIME_DIR, NETWRIGHT_STATE_DIR } = options.env;
    const variables = `NETWRIGHT_RUNTIME_DIR=${NETWRIGHT_RUNTIME_DIR} NETWRIGHT_STATE_DIR=${NETWRIGHT_STATE_DIR}`;
    console.log(
      `Its labs are apart from yours. In another terminal, for the command line and for another link to these pages:`,
    );
    for (const words of ["ps", "ui"]) console.log(`  ${variables} ${program} ${words}`);
    console.log(
      "It runs. This link opens its pages in a browser, and a place to draw your own; Ctrl-C takes all labs down:",
    );
    // Quiet: of a server by itself it would say that labs go on.
    child = spawn(program, ["ui", "--quiet", ...process.argv.slice(2)], options);
    const [code] = (await once(child, "exit")) as [number | null];
    return interrupted ? 0 : (code ?? 1);
  } finally {
    console.log("\nTake down what was started here:");
    netwright("down", "--all");
    for (const signal of signals) process.off(signal, onSignal);
  }
}
