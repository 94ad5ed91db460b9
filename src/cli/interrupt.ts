/** The exit code of a program that a signal ended, as shells have it: 128 + the signal's number (signal(7)). */
export const interruptCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
export type InterruptSignal = keyof typeof interruptCodes;

/** Ctrl-C, `kill` and a closed terminal, turned into something that can be waited for and tidied up after. */
export type Interrupt = {
  readonly signal: AbortSignal;
  /** Aborts when it comes a second time: the person is out of patience. */
  readonly again: AbortSignal;
  /** The exit code that goes with what came; 130 when nothing did. */
  readonly exitCode: () => number;
  /** What came first. */
  readonly received: () => InterruptSignal | undefined;
} & Disposable;

/** Takes SIGINT, SIGTERM and SIGHUP until it is disposed of. */
export function onInterrupt(process: NodeJS.Process): Interrupt {
  const controller = new AbortController();
  const impatience = new AbortController();
  let first: InterruptSignal | undefined;
  const names = Object.keys(interruptCodes) as InterruptSignal[];
  const listener = (name: InterruptSignal) => {
    if (first !== undefined) impatience.abort(new Error(name));
    first ??= name;
    controller.abort(new Error(name));
  };
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    again: impatience.signal,
    exitCode: () => interruptCodes[first ?? "SIGINT"],
    received: () => first,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}
