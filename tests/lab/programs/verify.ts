import { randomInt } from "node:crypto";
import { Namespace, RtnetlinkHandle, Tap } from "../../../src/kernel/index.ts";
import { measure } from "../../../src/lab/verify/measure.ts";
import { Prober } from "../../../src/lab/verify/prober.ts";
import { delayTables } from "../../../src/lab/verify/reference.ts";
import type { Impairment } from "../../../src/topology/index.ts";
import { eth0, linkOf, makeNodes, type Node } from "../../dataplane/programs/panel.ts";
import { WireProcess } from "../../dataplane/programs/wire-process.ts";

/** Measures a wire that does one thing against another: `{ is, against?, frames, seconds, toleranceMs, mtu? }`. */
type Request = {
  readonly is: { readonly ab?: Impairment; readonly ba?: Impairment };
  readonly against?: { readonly ab?: Impairment; readonly ba?: Impairment };
  readonly frames: number;
  readonly seconds: number;
  readonly toleranceMs: number;
  /** The other end is a tap, as of a virtual machine: with a header in front of frames, or without. */
  readonly tap?: "header" | "plain";
};

const { is, against = is, frames, seconds, toleranceMs, tap } = JSON.parse(process.argv[2] ?? "") as Request;
const nodes = makeNodes(2);
const [one, other] = nodes as [Node, Node];
const wire = await WireProcess.start();
const tapIndex = 100;
const opened =
  tap === undefined ? undefined : Tap.open({ name: "tap", ifindex: tapIndex, vnetHeader: tap === "header" });
if (opened !== undefined) RtnetlinkHandle.open().linkSet({ ifindex: tapIndex, up: true });
const b =
  opened === undefined
    ? { netns: other.netns, ifindex: eth0 }
    : { netns: Namespace.current("net"), ifindex: tapIndex, tapFd: opened.fd };
const link = linkOf("l", one, other, is);
await wire.ask({ do: "link.add", links: [opened === undefined ? link : { ...link, b: { ifindex: tapIndex } }] });
const run = randomInt(2 ** 24);
const prober = await Prober.open(run, { netns: one.netns, ifindex: eth0 }, b);
const began = performance.now();
const [ab, ba] = measure(
  prober,
  {
    impairments: [against.ab ?? {}, against.ba ?? {}],
    mtu: 1500,
    wish: { frames, seconds },
    toleranceMs,
    tables: delayTables(),
    seed: run,
  },
  () => undefined,
);
const stats = await wire.stats("l");
process.stdout.write(JSON.stringify({ ab, ba, stats, tookMs: performance.now() - began }), () => process.exit(0));
