import type { Readable } from "node:stream";
import type { Program } from "../../engines/index.ts";
import { drained } from "../drain.ts";
import type { LogSink } from "../log-store.ts";

/** How long output may still come after a program's end, when children of it hold its pipes open. */
const drainMs = 200;

/** Carries a program's output into its log, no faster than the disk takes it. */
export function pump(
  program: Pick<Program, "stdout" | "stderr">,
  log: LogSink,
): { drained(): Promise<void>; readonly closed: Promise<unknown> } {
  const streams: [Readable, "stdout" | "stderr"][] = [[program.stdout, "stdout"]];
  if (program.stderr !== undefined) streams.push([program.stderr, "stderr"]);
  const closed = streams.map(([stream, name]) => {
    stream.on("data", (data: Buffer) => {
      if (log.write(name, data)) return;
      stream.pause();
      void log.drained().then(() => stream.resume());
    });
    stream.on("error", () => stream.destroy());
    return new Promise<void>((resolve) => stream.once("close", () => resolve()));
  });
  return {
    closed: Promise.all(closed),
    drained: () => drained(Promise.all(closed), drainMs),
  };
}
