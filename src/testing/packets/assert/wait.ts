import { AssertionError } from "node:assert";
import type { Packet } from "../capture/packet.ts";
import { type GrowingPackets, PacketList } from "../capture/packet-list.ts";
import { matchesPacket } from "./compare.ts";
import { judgeContains, type PacketCount } from "./contains.ts";
import { checkPattern, type PacketPattern } from "./pattern.ts";

/**
 * Where packets come from: a capture that runs (`collectPackets`), an array that grows, or a stream. Of a
 * stream, what is read by one wait is not there for the next, and the stream ends with the wait.
 */
export type PacketSource = GrowingPackets | readonly Packet[] | AsyncIterable<Packet>;

export type PacketWait = {
  /** How long to wait; 10 seconds when absent. */
  readonly timeoutMs?: number;
  /** Only packets that came after this one, e.g. the one that the wait before found. */
  readonly after?: Packet;
  readonly signal?: AbortSignal;
};

const usualTimeoutMs = 10_000;
/** How often a list is looked at that does not say when it grows. */
const pollMs = 10;

/**
 * Waits until a packet matches. What came before the call counts too, unless `after` says otherwise.
 *
 * @returns the first that matches
 * @throws AssertionError at the deadline, or when no more can come; PACKET_PATTERN_INVALID; what ended the stream
 */
export async function waitForPacket(
  source: PacketSource,
  pattern: PacketPattern,
  wait: PacketWait = {},
): Promise<Packet> {
  const found = await waitFor(source, pattern, { atLeast: 1 }, wait, waitForPacket);
  return found[0] as Packet;
}

/**
 * Waits until so many packets match.
 *
 * @returns the first `count` that do
 * @throws as `waitForPacket`
 */
export async function waitForPackets(
  source: PacketSource,
  pattern: PacketPattern,
  wait: PacketWait & { readonly count: number },
): Promise<readonly Packet[]> {
  const found = await waitFor(source, pattern, { atLeast: wait.count }, wait, waitForPackets);
  return found.slice(0, wait.count);
}

/**
 * Waits for `durationMs`, in which no packet may match.
 *
 * @throws AssertionError with the first that does, at once; PACKET_PATTERN_INVALID; what ended the stream
 */
export async function waitWithoutPacket(
  source: PacketSource,
  pattern: PacketPattern,
  wait: { readonly durationMs: number; readonly after?: Packet; readonly signal?: AbortSignal },
): Promise<void> {
  checkPattern(pattern);
  const growing = open(source);
  const since = wait.after ?? growing.packets.at(-1);
  const counter = new Counter(pattern, since);
  const { durationMs, signal } = wait;
  const limits = { timeoutMs: durationMs, ...(signal === undefined ? {} : { signal }) };
  const how = await grow(growing, limits, (packets) => counter.count(packets) > 0);
  if (how === "late") return;
  if (how === "enough") {
    throw failed(judgeContains(newer(growing.packets, since), pattern, { count: 0 }).message(), waitWithoutPacket);
  }
  const why = how === "ended" ? endText(growing.end?.error) : "The wait was ended";
  throw failed(`${why} before ${durationMs} ms were over.`, waitWithoutPacket, growing.end?.error);
}

async function waitFor(
  source: PacketSource,
  pattern: PacketPattern,
  wanted: PacketCount & { readonly atLeast: number },
  wait: PacketWait,
  caller: (...given: never[]) => unknown,
): Promise<readonly Packet[]> {
  checkPattern(pattern);
  const growing = open(source);
  const counter = new Counter(pattern, wait.after);
  const how = await grow(growing, wait, (packets) => counter.count(packets) >= wanted.atLeast);
  if (how === "enough") return counter.found;
  const timeoutMs = wait.timeoutMs ?? usualTimeoutMs;
  const why =
    how === "ended" ? endText(growing.end?.error) : how === "aborted" ? "The wait was ended" : `Waited ${timeoutMs} ms`;
  const { message } = judgeContains(newer(growing.packets, wait.after), pattern, wanted);
  throw failed(`${why}. ${message()}`, caller, growing.end?.error);
}

const endText = (error: unknown): string =>
  error instanceof Error ? `The packets ended (${error.message})` : "The packets ended";

/** Looks at each packet once, however often the list grows. */
class Counter {
  readonly found: Packet[] = [];
  readonly #pattern: PacketPattern;
  readonly #after: Packet | undefined;
  #seen = 0;

  constructor(pattern: PacketPattern, after: Packet | undefined) {
    this.#pattern = pattern;
    this.#after = after;
  }

  count(packets: readonly Packet[]): number {
    if (this.#seen === 0 && this.#after !== undefined) this.#seen = packets.indexOf(this.#after) + 1;
    for (; this.#seen < packets.length; this.#seen++) {
      const packet = packets[this.#seen] as Packet;
      if (matchesPacket(packet, this.#pattern)) this.found.push(packet);
    }
    return this.found.length;
  }
}

const newer = (packets: readonly Packet[], after: Packet | undefined): readonly Packet[] =>
  after === undefined ? packets : packets.slice(packets.indexOf(after) + 1);

/** A list that grows, whatever it is made of; closed when the wait is over. */
type Opened = GrowingPackets & { close(): void };

function open(source: PacketSource): Opened {
  if ("changed" in source) {
    return {
      get packets() {
        return source.packets;
      },
      get end() {
        return source.end;
      },
      changed: (signal) => source.changed(signal),
      close: () => undefined,
    };
  }
  if (Symbol.asyncIterator in source) return openStream(source);
  return {
    packets: source,
    end: undefined,
    changed: (signal) => pause(pollMs, signal),
    close: () => undefined,
  };
}

function openStream(stream: AsyncIterable<Packet>): Opened {
  const list = new PacketList();
  const iterator = stream[Symbol.asyncIterator]();
  const collect = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done || list.end !== undefined) return list.finish();
      list.addPacket(value as Packet);
    }
  };
  collect().catch((error: unknown) => list.finish(error));
  return {
    packets: list.packets,
    get end() {
      return list.end;
    },
    changed: (signal) => list.changed(signal),
    close() {
      list.finish();
      // Not waited for: it may end only with its next packet.
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    },
  };
}

/** Waits until it is enough, or no more can come, or the time is over. */
async function grow(
  growing: Opened,
  { timeoutMs = usualTimeoutMs, signal }: PacketWait,
  isEnough: (packets: readonly Packet[]) => boolean,
): Promise<"enough" | "ended" | "aborted" | "late"> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const over = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  try {
    for (;;) {
      // Asked first: what comes between the two questions is seen.
      const isEnded = growing.end !== undefined;
      if (isEnough(growing.packets)) return "enough";
      if (isEnded) return "ended";
      if (signal?.aborted) return "aborted";
      if (deadline.aborted) return "late";
      await growing.changed(over);
    }
  } finally {
    growing.close();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = (): void => resolve();
  signal.addEventListener("abort", stop, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
}

function failed(message: string, stackStartFn: (...given: never[]) => unknown, cause?: unknown): AssertionError {
  const error = new AssertionError({ message, stackStartFn: stackStartFn as () => unknown });
  if (cause !== undefined) error.cause = cause;
  return error;
}
