import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Context } from "../case.ts";
import { Netwright } from "../netwright.ts";
import type { PacedReport } from "../programs/paced-sender.ts";

const framesPerSecond = 50_000;
const flowMs = 5_000;
/** The capture begins before the flow and ends after it. */
const captureMs = flowMs + 6_000;
const startMs = 10_000;
const sizes = { "64-byte": 64, "1,518-byte": 1518 } as const;

type Capture = {
  readonly state: string;
  readonly interfaces: readonly { frames: number; droppedByRing: number; droppedByReader: number }[];
};
type Flow = {
  readonly sentPerSecond: number;
  readonly passed: number;
  readonly captured: number;
  readonly told: number;
};

/**
 * Captures a flow into a file with the command, as a person does, on a kernel link and on a wire. The
 * target is about frames; 75 megabytes a second of long ones are there to see how much is left.
 */
export const benchmark: Benchmark = {
  name: "capture",
  targets: ["kernel", "wire"].flatMap((medium) => [
    { figure: `64-byte frames lost, ${medium}`, atMost: 0 },
    { figure: `64-byte frames sent, ${medium}`, atLeast: framesPerSecond * 0.98 },
  ]),
  async run(context) {
    await using netwright = await Netwright.with(context, labFile);
    await netwright.up();
    const figures: { figure: string; value: number; unit: string }[] = [];
    const samples: Record<string, Flow> = {};
    for (const medium of ["kernel", "wire"] as const) {
      await netwright.run("link", "set", "h1", "h2", "--medium", medium);
      for (const [size, bytes] of Object.entries(sizes)) {
        const flow = await captureFlow(context, netwright, bytes);
        samples[`${size}, ${medium}`] = flow;
        // What the capture says it lost, and what it does not say.
        const lost = flow.told + Math.max(0, flow.passed - flow.captured - flow.told);
        figures.push(
          { figure: `${size} frames sent, ${medium}`, value: flow.sentPerSecond, unit: "/s" },
          { figure: `${size} frames captured, ${medium}`, value: flow.captured, unit: "" },
          { figure: `${size} frames lost, ${medium}`, value: lost, unit: "" },
        );
      }
    }
    return { figures, samples };
  },
};

/** Sends from h1 to h2 while what passes at h2 is captured. */
async function captureFlow({ note }: Context, netwright: Netwright, bytes: number): Promise<Flow> {
  const capture = netwright.run(
    ...["capture", "h2:eth0", "-o", "flow.pcapng", "--duration", `${captureMs}ms`, "--json"],
  );
  capture.catch(() => undefined);
  await running(netwright);
  // Not earlier: what nodes say of themselves before a capture begins (IPv6, ARP) is no loss.
  const before = await passedAt(netwright);
  const sender = join(import.meta.dirname, "../programs/paced-sender.ts");
  const line = `exec "$0" "$1" "$(cat /sys/class/net/eth0/ifindex)" ${bytes} ${framesPerSecond} ${flowMs} 3</proc/self/ns/net`;
  const { stdout } = await netwright.run("exec", "h1", "--", "sh", "-c", line, process.execPath, sender);
  const { sent, tookMs } = JSON.parse(stdout) as PacedReport;
  const passed = (await passedAt(netwright)) - before;
  const { interfaces } = (JSON.parse((await capture).stdout) as { capture: Capture }).capture;
  const [one] = interfaces;
  if (one === undefined) throw new Error("nothing was captured");
  const told = one.droppedByRing + one.droppedByReader;
  note(`${bytes} bytes: ${sent} sent, ${passed} passed, ${one.frames} captured, ${told} lost`);
  return { sentPerSecond: (sent * 1000) / tookMs, passed, captured: one.frames, told };
}

async function running(netwright: Netwright): Promise<void> {
  for (const deadline = performance.now() + startMs; performance.now() < deadline; await sleep(100)) {
    const { stdout } = await netwright.run("capture", "--list", "--json");
    const { captures } = JSON.parse(stdout) as { captures: readonly Capture[] };
    if (captures.some(({ state }) => state === "running")) return;
  }
  throw new Error("the capture does not start");
}

/** What h2's interface received and sent so far: at least that has passed its jack. */
async function passedAt(netwright: Netwright): Promise<number> {
  const files = ["rx", "tx"].map((way) => `/sys/class/net/eth0/statistics/${way}_packets`);
  const { stdout } = await netwright.run("exec", "h2", "--", "cat", ...files);
  return stdout
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number(line), 0);
}

/** The host's file system, so that the sender is there. */
const labFile = `
name: captured
nodes:
  h1: { root: host, interfaces: { eth0: 10.0.0.1/24 } }
  h2: { root: host, interfaces: { eth0: 10.0.0.2/24 } }
links: [[h1, h2]]
`;
