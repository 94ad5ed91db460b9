import { type DestinationStream, pino } from "pino";

/** What the supervisor tells of its own work: steps with start, done and failed, and every detail below them. */
export interface Logger {
  /** Detail; the text is only made when it is written. */
  debug(text: () => string): void;
  /** A step a person would recognise. `tookMs` with `done` and `failed`. */
  step(state: "start" | "done" | "failed", step: string, tookMs?: number): void;
  error(what: string, details: Readonly<Record<string, unknown>>): void;
  /** Writes out what is still in memory. */
  flush(): void;
}

export type LogLevel = "debug" | "info" | "error";

/**
 * A logger that writes one JSON object a line: `ms` since this logger began, `level`, `msg`.
 *
 * @param destination a file to append to
 */
export function createLogger(destination: string, level: LogLevel): Logger {
  const beganAt = performance.now();
  const stream: DestinationStream & { flushSync(): void } = pino.destination({
    dest: destination,
    sync: true,
    minLength: 4096,
  });
  const log = pino(
    {
      level,
      base: null,
      timestamp: () => `,"ms":${Math.round(performance.now() - beganAt)}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    debug: (text) => {
      if (log.isLevelEnabled("debug")) log.debug(text());
    },
    step: (state, step, tookMs) => log.info({ state, ...(tookMs === undefined ? {} : { tookMs }) }, step),
    error: (what, details) => log.error(details, what),
    flush: () => stream.flushSync(),
  };
}
