import { closeSync, openSync } from "node:fs";

/** How a program gets into the lab's user namespace, as root there, though its holder may let go of it meanwhile. */
export type Entrance = {
  /** Of nsenter(1), whose file descriptor 3 is `fd`. */
  readonly argv: readonly string[];
  readonly fd: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  [Symbol.dispose](): void;
};

/** @param path of the user namespace */
export function openEntrance(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Entrance {
  const fd = openSync(path, "r");
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...rest } = environment;
  return {
    argv: ["--user=/proc/self/fd/3", "--setuid", "0", "--setgid", "0", "--"],
    fd,
    environment: rest as NodeJS.ProcessEnv,
    signal,
    [Symbol.dispose]: () => closeSync(fd),
  };
}
