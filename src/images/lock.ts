import { type FileLock, tryLock } from "../kernel/index.ts";

const lookMs = 50;

/** Takes a lock on a file, however long others hold it; `signal` ends the wait. */
export async function lockFile(
  path: string,
  how: "shared" | "exclusive",
  signal?: AbortSignal,
): Promise<FileLock & Disposable> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(path, how);
    if (lock !== undefined) return { ...lock, [Symbol.dispose]: () => lock.release() };
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
