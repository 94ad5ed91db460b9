import { isMainThread } from "node:worker_threads";

/*
 * The wire process; contract.ts says how it is started and spoken to. Its main thread does not return
 * to Node's event loop until it ends; a second one runs this file too, and makes sockets for it.
 */

const controlFd = 3;

// Each thread loads what it needs.
if (isMainThread) {
  const { runDataplane } = await import("./dataplane.ts");
  runDataplane(controlFd, new URL(import.meta.url));
} else {
  const { serveRingOpener } = await import("./ring-opener.ts");
  serveRingOpener();
}
