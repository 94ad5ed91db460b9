import { setImmediate, setTimeout } from "node:timers/promises";

/**
 * Waits for what a program that has ended wrote last: until its output is closed, or for so long where children of it
 * hold that open.
 *
 * Where this process had no processor meanwhile, the time is over before it has looked at what came (the event loop
 * has timers first): then it looks once more.
 *
 * @param closed resolves when the output is closed
 */
export async function drained(closed: Promise<unknown>, withinMs: number): Promise<void> {
  const isClosed = new AbortController();
  const time = setTimeout(withinMs, undefined, { signal: isClosed.signal }).then(
    () => setImmediate(),
    () => undefined,
  );
  await Promise.race([closed, time]);
  isClosed.abort();
}
