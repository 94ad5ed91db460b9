import { labError } from "../topology/index.ts";

/**
 * Waits for `promise` no longer than `withinMs`.
 *
 * @throws TIMED_OUT, naming `what`; what it waited for goes on
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
