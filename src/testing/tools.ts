/** Programs that tests measure with: what they are called with, and what their output says. */

export type PingOptions = {
  /** 3 when absent. */
  readonly count?: number;
  /** 200 when absent. */
  readonly intervalMs?: number;
  /** For the last answer; 2000 when absent. */
  readonly timeoutMs?: number;
  /** Of the data, in bytes; 56 when absent. */
  readonly size?: number;
  /** Source address or interface. */
  readonly from?: string;
};

export type PingResult = {
  readonly sent: number;
  readonly received: number;
  /** 0 to 1. */
  readonly loss: number;
  /** Round trips in milliseconds, in the order of the answers. */
  readonly times: readonly number[];
  /** Undefined when nothing was answered. */
  readonly minMs: number | undefined;
  readonly avgMs: number | undefined;
  readonly maxMs: number | undefined;
};

/** ping(8) of iputils. */
export function pingArguments(
  target: string,
  { count = 3, intervalMs = 200, timeoutMs = 2000, size, from }: PingOptions,
): readonly string[] {
  return [
    ...["ping", "-n", "-c", String(count), "-i", String(intervalMs / 1000), "-W", String(timeoutMs / 1000)],
    ...(size === undefined ? [] : ["-s", String(size)]),
    ...(from === undefined ? [] : ["-I", from]),
    target,
  ];
}

/** @throws when nothing was sent: the target is unknown, say */
export function readPing(stdout: string, stderr: string, argv: readonly string[]): PingResult {
  const counts = /(\d+) packets transmitted, (\d+) received/.exec(stdout);
  if (counts === null) throw new Error(`${argv.join(" ")}: ${stderr.trim() || stdout.trim() || "it printed nothing"}`);
  const [sent, received] = [Number(counts[1]), Number(counts[2])];
  const times = [...stdout.matchAll(/ time[=<]([\d.]+) ms/g)].map((match) => Number(match[1]));
  const none = times.length === 0;
  return {
    sent,
    received,
    loss: sent === 0 ? 0 : 1 - received / sent,
    times,
    minMs: none ? undefined : Math.min(...times),
    avgMs: none ? undefined : times.reduce((sum, time) => sum + time, 0) / times.length,
    maxMs: none ? undefined : Math.max(...times),
  };
}

export type Iperf3Options = {
  /** 5201 when absent. */
  readonly port?: number;
  /** 2 when absent. */
  readonly seconds?: number;
  /** UDP at this rate, in bits per second; TCP as fast as it goes when absent. */
  readonly udpBps?: number;
  /** The server sends. */
  readonly reverse?: boolean;
};

export type Iperf3Result = {
  readonly sentBps: number;
  readonly receivedBps: number;
  readonly seconds: number;
  /** Of TCP. */
  readonly retransmits?: number;
  /** Of UDP, 0 to 1. */
  readonly loss?: number;
  /** Of UDP, in milliseconds (RFC 1889). */
  readonly jitterMs?: number;
};

export const iperf3Arguments = (
  address: string,
  { port = 5201, seconds = 2, udpBps, reverse = false }: Iperf3Options,
): readonly string[] => [
  ...["iperf3", "--json", "--client", address, "--port", String(port), "--time", String(seconds)],
  ...(udpBps === undefined ? [] : ["--udp", "--bitrate", String(udpBps)]),
  ...(reverse ? ["--reverse"] : []),
];

type Iperf3Sum = {
  readonly bits_per_second: number;
  readonly seconds: number;
  readonly retransmits?: number;
  readonly lost_percent?: number;
  readonly jitter_ms?: number;
};

/** @throws what iperf3 says went wrong */
export function readIperf3(stdout: string): Iperf3Result {
  let report: {
    readonly error?: string;
    readonly end?: { readonly sum?: Iperf3Sum; readonly sum_sent?: Iperf3Sum; readonly sum_received?: Iperf3Sum };
  };
  try {
    report = JSON.parse(stdout) as typeof report;
  } catch (cause) {
    throw new Error(`iperf3 printed no report: ${stdout.trim().slice(0, 500)}`, { cause });
  }
  if (report.error !== undefined) throw new Error(`iperf3: ${report.error}`);
  const { sum, sum_sent: sent = sum, sum_received: received } = report.end ?? {};
  if (sent === undefined) throw new Error("iperf3 reported no sum");
  // Of UDP, what is lost and the jitter are in the sum of both sides.
  const loss = sum?.lost_percent === undefined ? undefined : sum.lost_percent / 100;
  return {
    sentBps: sent.bits_per_second,
    receivedBps: loss === undefined ? (received ?? sent).bits_per_second : sent.bits_per_second * (1 - loss),
    seconds: sent.seconds,
    ...(sent.retransmits === undefined ? {} : { retransmits: sent.retransmits }),
    ...(loss === undefined ? {} : { loss }),
    ...(sum?.jitter_ms === undefined ? {} : { jitterMs: sum.jitter_ms }),
  };
}

export type HttpOptions = {
  /** GET when absent, or POST with a body. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole of it; 10,000 when absent. */
  readonly timeoutMs?: number;
  /** Source address or interface. */
  readonly from?: string;
};

export type HttpResult = {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Until the answer was complete. */
  readonly ms: number;
};

/** Set off from the body by a line that no body has by chance. */
const httpMark = "netwright-http-b1f8";

export const httpArguments = (
  url: string,
  { method, headers = {}, body, timeoutMs = 10_000, from }: HttpOptions,
): readonly string[] => [
  ...["curl", "--silent", "--show-error", "--include", "--max-time", String(timeoutMs / 1000)],
  ...["--noproxy", "*", "--write-out", `\n${httpMark} %{http_code} %{time_total} %{size_header}`],
  ...(method === undefined ? [] : ["--request", method]),
  ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
  ...(body === undefined ? [] : ["--data-binary", "@-"]),
  ...(from === undefined ? [] : ["--interface", from]),
  url,
];

export function readHttp(stdout: string): HttpResult {
  const at = stdout.lastIndexOf(`\n${httpMark} `);
  const [, status = "0", seconds = "0", headerBytes = "0"] = stdout.slice(at + 1).split(" ");
  const head = Buffer.from(stdout.slice(0, at)).subarray(0, Number(headerBytes)).toString();
  const lines = head.split(/\r?\n/).slice(1);
  const headers = Object.fromEntries(
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const];
    }),
  );
  return {
    status: Number(status),
    headers,
    body: Buffer.from(stdout.slice(0, at)).subarray(Number(headerBytes)).toString(),
    ms: Number(seconds) * 1000,
  };
}
