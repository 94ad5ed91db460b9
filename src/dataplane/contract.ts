/**
 * What the supervisor and the wire process say to each other. Plain data; the supervisor imports this
 * file of src/dataplane and no other.
 *
 * ## The process
 * `node dataplane/main.ts`, started in the patch panel's network namespace with CAP_NET_RAW there.
 * File descriptor 3 is a connected stream socket (Node's `stdio: [.., .., .., "pipe"]` makes one).
 * Each side writes JSON objects, one a line: the supervisor `Request`s, the process a `Reply` to each,
 * not always in the order of the requests, and `DataplaneEvent`s; the first of these is `ready`. When the supervisor's end closes,
 * the process ends. Standard output and input are not used; standard error has what no reply can carry.
 * Making many links at once takes less time with UV_THREADPOOL_SIZE=16 in its environment: the kernel
 * lets each ring wait, and it is that many that wait together.
 *
 * ## What happens to a frame on a link
 * A frame that comes in at jack `a` goes out of jack `b` after the impairment `ab`, and the other way
 * round with `ba`. In this order, which is that of netem (sch_netem.c) with a tbf (sch_tbf.c) as its
 * child, so that the same numbers mean the same in the kernel and here:
 *
 * 1. *Split.* An offload super-frame (TCP over IPv4 or IPv6, UDP with GSO) is cut into the frames that
 *    would be on the wire, and checksums that were left to the hardware are computed. Everything below
 *    counts these frames, in the order they came: the n-th frame of a direction. Only a direction with
 *    no impairment at all passes super-frames on whole, and not those in tunnels (VXLAN, Geneve, GRE, IP
 *    in IP), which the kernel does not take whole. Segments that leave together are handed to the node
 *    together, as a network card would that receives them (LRO).
 * 2. *Duplicate* and *loss* are drawn, each for itself. A frame that is to be doubled and lost at
 *    once goes on once, as in netem. The copy may be lost in its turn (with the same probability; the
 *    Gilbert–Elliott state is that of the original), and is never doubled.
 * 3. *Corrupt* inverts one bit anywhere in the frame, headers included; not in the check sequence,
 *    which a veth pair does not carry. So what finds the error is a checksum inside, if there is one.
 * 4. *Reorder* (`reorder`): the frame skips step 5. *Otherwise*
 * 5. *Delay and jitter*, from the moment the frame reached the jack, each frame (and copy) with a draw
 *    of its own; less than nothing is nothing. Frames keep their order: one that came later never
 *    leaves the step earlier, however short its draw, unless `jitterReorders` is set.
 * 6. *Rate*: frames leave one after the other, each after as long as its bits take at `rateBps`, with
 *    no burst to begin with. Bits are those of the Ethernet header and what follows, as netem and tbf
 *    count them: no preamble, check sequence, padding or gap. What waits is bounded by `queue`, and
 *    what exceeds it is dropped at the tail. Frames in step 5 are in flight, not in the queue.
 *
 * netem's own `limit`, which counts frames in flight as well, should be out of reach on the kernel road
 * so that both mean the same. Here a direction keeps at most `inFlightBytes` in all; what exceeds that
 * counts as dropped by the queue.
 *
 * ## Cut
 * A direction that is cut carries nothing: what comes to its jack from then on is seen by captures and
 * dropped, before any of the steps above. What is in flight arrives. The jacks keep their carrier, and
 * the impairment is what it was.
 *
 * ## Chance
 * Every draw is a function of the link's seed, the direction, the purpose of the draw (loss, delay, …)
 * and n, and of nothing else (impairment/draws.ts). So the decisions for the n-th frame repeat, and
 * changing the delay, or setting it later, does not change which frames are lost. n counts from 0 when
 * the link is added. (Only the state of the Gilbert–Elliott model has a history: it begins good when
 * the model is set.)
 *
 * ## Changing
 * `set` takes effect for frames that come from then on. Frames in flight keep the delay they drew; what
 * waits for the rate goes on at the new one. Nothing is dropped: a shorter queue is for frames
 * that come later, once it has drained. A frame that comes after the change keeps its place behind those in flight.
 */

export const protocolVersion = 1;

/** The most bytes of frames that one direction of a link keeps, in flight and waiting. */
export const inFlightBytes = 64 * 1024 * 1024;

/** What waits for the rate where nothing else is said: netem's and Linux interfaces' default. */
export const defaultQueue: QueueLimit = { packets: 1000 };

/**
 * How draws of the delay lie around `delayMs`.
 * - `uniform`: evenly between `delayMs - jitterMs` and `delayMs + jitterMs`.
 * - `normal`, `pareto`: with the mean `delayMs` and the standard deviation `jitterMs`, cut off four of
 *   these away from the mean; `pareto` has the shape 3. From tables of 16-bit numbers that netem takes
 *   as they are (kernel/delay-distribution.ts). iproute2's own pareto table differs: its deviation is not
 *   quite the one asked for.
 */
export type Distribution = "uniform" | "normal" | "pareto";

export type Loss =
  /** Each frame with this probability, for itself. */
  { readonly uniform: number } | { readonly gilbertElliott: GilbertElliott };

/**
 * Two states, good at first. For every frame: it is lost with the probability of the state it finds, and
 * then the state changes, as netem does with `loss gemodel` (p, r, 1-h, 1-k). In the long run the
 * share of frames lost is (r × goodLoss + p × badLoss) / (p + r).
 */
export type GilbertElliott = {
  /** Probability of going from good to bad. */
  readonly p: number;
  /** Probability of going from bad to good. */
  readonly r: number;
  /** 1-k: probability of loss in the good state. */
  readonly goodLoss: number;
  /** 1-h: probability of loss in the bad state. */
  readonly badLoss: number;
};

export type QueueLimit =
  /** Frames, with the one that is being sent. */
  | { readonly packets: number }
  /** As `rateBps` counts them, with the frame that is being sent. */
  | { readonly bytes: number };

export type Reorder = {
  /** Of a frame being sent at once while others are delayed. */
  readonly probability: number;
  /** At least `gap - 1` frames are delayed between two that are not; 1 when absent. netem's `gap`. */
  readonly gap?: number;
};

/** One direction of a link; probabilities from 0 to 1. What is absent does not happen. */
export type Impairment = {
  readonly delayMs?: number;
  /** With a distribution around `delayMs`; `uniform` when absent. */
  readonly jitterMs?: number;
  readonly distribution?: Distribution;
  /** Frames leave the delay as their draws say, and overtake each other. Otherwise they keep their order. */
  readonly jitterReorders?: boolean;
  readonly loss?: Loss;
  readonly duplicate?: number;
  readonly corrupt?: number;
  readonly reorder?: Reorder;
  /** Bits per second. */
  readonly rateBps?: number;
  /** What may wait for the rate; `defaultQueue` when absent. Without a rate nothing waits, and a queue is an error. */
  readonly queue?: QueueLimit;
};

/** An interface of the panel's network namespace. */
export type JackRef = { readonly ifindex: number } | { readonly name: string };

export type WireLink = {
  readonly id: string;
  readonly a: JackRef;
  readonly b: JackRef;
  readonly ab: Impairment;
  readonly ba: Impairment;
  /** 0 to 2^53 - 1. */
  readonly seed: number;
  /** Neither direction when absent. */
  readonly cut?: Cut;
};

/** Which directions of a link carry nothing. */
export type Cut = { readonly ab: boolean; readonly ba: boolean };

/** What a change leaves out stays as it is. */
export type WireChange = {
  readonly id: string;
  readonly ab?: Impairment;
  readonly ba?: Impairment;
  readonly cut?: Cut;
};

export type DirectionStats = {
  /** What came in at the jack, as on the wire (super-frames split, where the direction has an impairment). */
  readonly frames: number;
  readonly bytes: number;
  /** What went out of the other jack. */
  readonly sentFrames: number;
  readonly sentBytes: number;
  readonly droppedByLoss: number;
  /** While the direction was cut; super-frames count once. Not in `frames`. */
  readonly droppedByCut: number;
  /** By the rate's queue, by `inFlightBytes`, or because the process's memory for frames was full. */
  readonly droppedByQueue: number;
  /** The jack at the end did not take it: it is down, or the node does not keep up. */
  readonly droppedAtJack: number;
  readonly corrupted: number;
  readonly duplicated: number;
  /** Sent at once by `reorder`. */
  readonly reordered: number;
  /** Super-frames of a kind that cannot be split, which a direction with an impairment drops. */
  readonly unsplittable: number;
  /**
   * Frames that came to the jack and were never seen, because this process did not keep up. Not an
   * impairment: when it is not zero, the machine is too slow for the lab.
   */
  readonly overruns: number;
  /** Frames in the delay, now. */
  readonly inFlight: number;
  /** Frames waiting for the rate, now. */
  readonly queueDepth: number;
  /** The most a frame left after it was due, since the link was added or the statistics were reset. */
  readonly worstLatenessMs: number;
};

export type LinkStats = { readonly id: string; readonly ab: DirectionStats; readonly ba: DirectionStats };

export type CaptureInterface = {
  /** Absent: there is none now; `capture.move` says when there is. */
  readonly jack?: JackRef;
  /**
   * The jack itself is the interface, as the port of a bridge is: what comes in there is inbound. Otherwise the
   * interface is what the jack is the other end of.
   */
  readonly isPort?: boolean;
  /** if_name in the file, e.g. `h1:eth0`. */
  readonly name: string;
  /** if_description, e.g. the link. */
  readonly description?: string;
};

/**
 * A capture of any number of interfaces into one pcapng file, in the order of time.
 *
 * An interface is captured at its jack, and what the node sends is outbound, as the node sees it. On a
 * wire, frames are taken out of the wire's own loop, and none is lost: what the node sent when it came,
 * lost frames included, and what goes to it when it leaves. On any other medium a packet socket with a
 * ring takes them. An interface whose link becomes a wire stays captured, and so it does when that ceases to be
 * one: the reply to `link.remove` comes when a packet socket listens where the wire did.
 */
export type CaptureSpec = {
  readonly id: string;
  /**
   * Absolute; created, and emptied when it exists. /proc/PID/fd/N of a pipe the supervisor holds makes
   * a stream. A file is written to at once and this process waits for the disk; a pipe nobody reads
   * fills up, and then frames are lost and counted.
   */
  readonly path: string;
  /** A file that exists is kept, and a new section begins at its end. */
  readonly append?: boolean;
  readonly interfaces: readonly CaptureInterface[];
  /** Of each frame; 262,144 when absent. */
  readonly snaplenBytes?: number;
  /** Ends by itself after so many frames in the file. */
  readonly maxFrames?: number;
  readonly durationMs?: number;
  /** Of the packet socket's ring of each interface that is not on a wire; 4 MiB when absent. */
  readonly ringBytes?: number;
  /** Takes only frames that the filter matches: an expression of pcap-filter(7). */
  readonly filter?: string;
};

/** Where an interface of a capture is, by its place in `CaptureSpec.interfaces`. */
export type CaptureMove = Pick<CaptureInterface, "jack" | "isPort"> & { readonly interface: number };

export type CaptureInterfaceStats = {
  readonly name: string;
  /** Frames that matched and are in the file, or will be. */
  readonly frames: number;
  /** Lost by the packet socket, because its ring was full. 0 on a wire. */
  readonly droppedByRing: number;
  /** Lost because the reader of the stream did not keep up. */
  readonly droppedByReader: number;
};

export type CaptureStats = {
  readonly id: string;
  readonly bytes: number;
  readonly interfaces: readonly CaptureInterfaceStats[];
};

export type Request =
  /** All of them or none. */
  | { readonly do: "link.add"; readonly links: readonly WireLink[] }
  /** Replaces the impairment of the directions given, and what is cut. All changes, or none. */
  | { readonly do: "link.set"; readonly changes: readonly WireChange[] }
  /** What is in flight is dropped. The reply comes when captures of the jacks have moved to packet sockets. */
  | { readonly do: "link.remove"; readonly ids: readonly string[] }
  /** All links when `ids` is absent. `reset` sets worstLatenessMs back to 0 after it was read. */
  | { readonly do: "stats"; readonly ids?: readonly string[]; readonly reset?: boolean }
  /** The reply comes when frames are being captured. */
  | { readonly do: "capture.start"; readonly capture: CaptureSpec }
  /** The reply comes when the file is complete. */
  | { readonly do: "capture.stop"; readonly id: string }
  /** Interfaces of a capture are at other jacks from now on. The reply comes when frames are captured there. */
  | { readonly do: "capture.move"; readonly id: string; readonly moves: readonly CaptureMove[] }
  /** Puts a comment into the captures named, or all, at this moment: at the next frame, or the end of the file. */
  | { readonly do: "capture.comment"; readonly text: string; readonly ids?: readonly string[] };

/** A request on its way, with a number that its reply repeats. */
export type NumberedRequest = Request & { readonly number: number };

export type StatsResult = {
  readonly links: readonly LinkStats[];
  readonly captures: readonly CaptureStats[];
  /** Processor time of the process so far, user and system. */
  readonly cpuMs: number;
  /** Memory for frames kept, in use now. */
  readonly frameMemoryBytes: number;
};

/** What each request gives back. */
export type Results = {
  readonly "link.add": null;
  readonly "link.set": null;
  readonly "link.remove": null;
  readonly stats: StatsResult;
  readonly "capture.start": null;
  readonly "capture.stop": CaptureStats;
  readonly "capture.move": null;
  readonly "capture.comment": null;
};

export type Reply =
  | { readonly number: number; readonly result: Results[keyof Results] }
  /** Nothing was changed. */
  | { readonly number: number; readonly error: DataplaneProblem };

export type DataplaneProblem = {
  readonly code:
    | "link-exists"
    | "link-unknown"
    | "jack-taken"
    | "jack-unusable"
    | "impairment-impossible"
    | "too-many-jacks"
    | "capture-exists"
    | "capture-unknown"
    | "capture-unwritable"
    | "filter-invalid"
    | "filter-unavailable"
    | "request-invalid";
  /** A sentence, without a full stop. */
  readonly message: string;
  /** The link or capture it is about. */
  readonly subject?: string;
};

export type DataplaneEvent =
  | { readonly event: "ready"; readonly protocol: number; readonly pid: number }
  /** A capture ended without being told to: the count or the time was reached, the reader left, or the disk refused. */
  | {
      readonly event: "capture.ended";
      readonly reason: "count" | "duration" | "reader-gone" | "write-failed";
      readonly message?: string;
      readonly capture: CaptureStats;
    };

/** What is wrong with an impairment, as phrases without a subject: `loss is 1.5, and a probability is from 0 to 1`. */
export function impairmentProblems(impairment: Impairment): readonly string[] {
  const problems: string[] = [];
  const probability = (name: string, value: number | undefined) => {
    if (value !== undefined && !(value >= 0 && value <= 1))
      problems.push(`${name} is ${value}, and a probability is from 0 to 1`);
  };
  const atLeast = (name: string, value: number | undefined, least: number) => {
    if (value !== undefined && !(value >= least && value <= Number.MAX_SAFE_INTEGER))
      problems.push(`${name} is ${value}, and must be at least ${least}`);
  };
  const { delayMs, jitterMs, loss, reorder, rateBps, queue } = impairment;
  atLeast("delayMs", delayMs, 0);
  atLeast("jitterMs", jitterMs, 0);
  if (loss !== undefined && "uniform" in loss) probability("loss", loss.uniform);
  if (loss !== undefined && "gilbertElliott" in loss) {
    for (const name of ["p", "r", "goodLoss", "badLoss"] as const) probability(name, loss.gilbertElliott[name]);
  }
  probability("duplicate", impairment.duplicate);
  probability("corrupt", impairment.corrupt);
  probability("reorder", reorder?.probability);
  atLeast("gap", reorder?.gap, 1);
  if (rateBps !== undefined && !(rateBps > 0 && rateBps <= Number.MAX_SAFE_INTEGER))
    problems.push(`rateBps is ${rateBps}, and must be more than 0`);
  if (queue !== undefined) {
    if (rateBps === undefined) problems.push("there is a queue without a rate, and nothing would wait in it");
    if ("packets" in queue) atLeast("queue packets", queue.packets, 1);
    else atLeast("queue bytes", queue.bytes, 1);
  }
  if (reorder !== undefined && !((delayMs ?? 0) > 0 || (jitterMs ?? 0) > 0))
    problems.push("there is reorder without a delay, and nothing could be overtaken");
  return problems;
}
