import { labError } from "../topology/index.ts";

/** Goes through every long call: how long it may take, who can stop it, whom it tells. */
export type Operation = {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch (Date.now). */
  readonly deadline: number;
};

export function operation(options: { withinMs: number; signal?: AbortSignal }): Operation {
  const timeout = AbortSignal.timeout(options.withinMs);
  return {
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    deadline: Date.now() + options.withinMs,
  };
}

/**
 * Waits for `promise` no longer than `withinMs`.
 *
 * @throws TIMED_OUT, naming `what`, when it takes longer; what it waits for goes on.
 */
export async function within<Value>(what: string, withinMs: number, promise: Promise<Value>): Promise<Value> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(labError("TIMED_OUT", { what, afterMs: withinMs })), withinMs);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sleeps; an abort ends the sleep early, without an error. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  signal?.addEventListener("abort", wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", wake);
}
