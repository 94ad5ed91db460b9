import { readFileSync, writeSync } from "node:fs";
import { inNamespaces, interfaceIndex, Namespace } from "../../kernel/index.ts";
import { measure } from "./measure.ts";
import { Prober } from "./prober.ts";
import { type ProbeReport, type ProbeRequest, reportFd } from "./protocol.ts";
import { delayTables } from "./reference.ts";

/*
 * Measures one link: a process of its own, since it blocks while frames are under way. protocol.ts says
 * how it is started, and what it says.
 */

const tell = (report: ProbeReport): void => {
  writeSync(reportFd, `${JSON.stringify(report)}\n`);
};

/** How long this thread has stood in line for a processor (Documentation/scheduler/sched-stats.rst); 0 where nobody counts. */
function waitedMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1] ?? 0) / 1e6;
  } catch {
    return 0;
  }
}

try {
  const { run, ends, ...options } = JSON.parse(process.argv[2] ?? "") as ProbeRequest;
  process.title = "netwright-probe";
  const [a, b] = ends.map(({ netnsFd, interface: name, tapFd }) => {
    const netns = Namespace.open(`/proc/self/fd/${netnsFd}`, "net");
    const ifindex = inNamespaces([netns], () => interfaceIndex(name));
    return { netns, ifindex, ...(tapFd === undefined ? {} : { tapFd }) };
  });
  if (a === undefined || b === undefined) throw new RangeError("a link has two ends");
  const prober = await Prober.open(run, a, b);
  const startMs = performance.now();
  const waitedBeforeMs = waitedMs();
  const [ab, ba] = measure(prober, { ...options, tables: delayTables(), seed: run }, (share) =>
    tell({ type: "progress", share }),
  );
  const waited = (waitedMs() - waitedBeforeMs) / (performance.now() - startMs);
  tell({ type: "measured", ab, ba, waited });
  process.exit(0);
} catch (error) {
  tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
