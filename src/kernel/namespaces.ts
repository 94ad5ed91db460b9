import { closeSync, fstatSync, openSync, stat, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { KernelError } from "./errno.ts";
import { check, libc } from "./libc.ts";

/** The kinds a running Node process can create and enter; user and PID namespaces of one's own need a process of one thread (unshare(1)). */
export type NamespaceKind = "net" | "mnt" | "uts" | "ipc" | "cgroup" | "pid";

/** Flags of clone(2), linux/sched.h. */
const cloneFlag = {
  mnt: 0x00020000,
  uts: 0x04000000,
  ipc: 0x08000000,
  cgroup: 0x02000000,
  pid: 0x20000000,
  net: 0x40000000,
} as const satisfies Record<NamespaceKind, number>;
const CLONE_FS = 0x200;

/** A namespace held open: it lives at least as long as this handle. */
export class Namespace {
  readonly kind: NamespaceKind;
  #fd: number | undefined;

  private constructor(kind: NamespaceKind, fd: number) {
    this.kind = kind;
    this.#fd = fd;
  }

  /** The one this thread is in; for `pid`, the one its children will be in. */
  static current(kind: NamespaceKind): Namespace {
    assertMainThread();
    return Namespace.open(`/proc/thread-self/ns/${kind === "pid" ? "pid_for_children" : kind}`, kind);
  }

  /** The one process `pid` is in. */
  static ofProcess(pid: number, kind: NamespaceKind): Namespace {
    return Namespace.open(`/proc/${pid}/ns/${kind}`, kind);
  }

  /**
   * A namespace file: under /proc/pid/ns, or one it was bound to (namespaces(7)).
   *
   * @throws the error of open(2), as Node gives it
   */
  static open(path: string, kind: NamespaceKind): Namespace {
    return new Namespace(kind, openSync(path, "r"));
  }

  /**
   * Closed on exec, so children do not hold it.
   *
   * @throws {KernelError} EBADF after `close`: the number may be another file's by then, even another namespace's
   */
  get fd(): number {
    if (this.#fd === undefined) throw new KernelError(`${this.kind} namespace`, 9, "it was closed");
    return this.#fd;
  }

  /** Tells namespaces of one kind apart: two handles with the same inode are the same namespace. */
  get inode(): number {
    return fstatSync(this.fd).ino;
  }

  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Moves this thread into new namespaces. The other threads of the process stay where they are, so
 * this suits a short-lived helper process, or namespaces entered with `inNamespaces`.
 */
export function unshare(kinds: readonly Exclude<NamespaceKind, "pid">[]): void {
  prepareThread(kinds);
  check(`unshare ${kinds.join(", ")}`, libc.unshare(kinds.reduce((flags, kind) => flags | cloneFlag[kind], 0)));
}

/**
 * Moves this thread to another network namespace, where it stays. For a process whose place is looked at
 * by others; everybody else wants `inNamespaces`.
 *
 * @throws {KernelError} when the namespace cannot be entered
 */
export function moveToNetns(namespace: Namespace): void {
  prepareThread(["net"]);
  check("setns net", libc.setns(namespace.fd, cloneFlag.net));
}

/**
 * Runs `body` inside `namespaces`, at most one of each kind, and comes back. Synchronous on purpose:
 * only what the main thread does before `body` returns happens inside. A child process spawned, a
 * socket made or a file opened there belongs to those namespaces; work for Node's thread pool
 * (asynchronous file access, look-ups of names) does not. For `pid`, the children are inside, this
 * process never is.
 *
 * In a mount namespace `body` starts with / as the working directory; the process's own is restored
 * afterwards. A root directory set by chroot(2) is not: the process must not have one.
 *
 * @throws {KernelError} when a namespace cannot be entered; `body` then did not run
 */
export function inNamespaces<T>(namespaces: readonly Namespace[], body: () => T): T {
  prepareThread(namespaces.map((namespace) => namespace.kind));
  // The mount namespace last: until then the process's own /proc and files are the ones seen.
  const entering = namespaces.toSorted((a, b) => Number(a.kind === "mnt") - Number(b.kind === "mnt"));
  using held = new DisposableStack();
  const homes = entering.map((namespace) => held.use(Namespace.current(namespace.kind)));
  const directory = entering.some((namespace) => namespace.kind === "mnt") ? openSync(".", "r") : undefined;
  if (directory !== undefined) held.defer(() => closeSync(directory));
  const left: Namespace[] = [];
  try {
    for (const [index, namespace] of entering.entries()) {
      check(`setns ${namespace.kind}`, libc.setns(namespace.fd, cloneFlag[namespace.kind]));
      left.unshift(homes[index] as Namespace);
      // The kernel has moved us there already; this makes Node forget the directory it remembers.
      if (namespace.kind === "mnt") process.chdir("/");
    }
    return body();
  } finally {
    for (const home of left) goHome(home, home.kind === "mnt" ? directory : undefined);
  }
}

/**
 * Moves this thread into a mount namespace for good: its root is the one of that namespace. The other
 * threads stay, so only synchronous file access happens inside.
 *
 * @param fd of the namespace
 * @param directory an open folder, of wherever it is, that becomes the working directory
 * @throws {KernelError}
 */
export function enterMountNamespace(fd: number, directory: number): void {
  prepareThread(["mnt"]);
  check("setns mnt", libc.setns(fd, cloneFlag.mnt));
  check("fchdir", libc.fchdir(directory));
}

/**
 * Creates a network namespace; this thread is back in its own afterwards.
 *
 * @param setUp runs inside, at once: opening the namespace's netlink socket there saves entering it again
 */
export function createNetns(setUp: () => void = () => undefined): Namespace {
  prepareThread(["net"]);
  const home = Namespace.current("net");
  let away = false;
  let created: Namespace | undefined;
  try {
    check("unshare net", libc.unshare(cloneFlag.net));
    away = true;
    created = Namespace.current("net");
    setUp();
    return created;
  } catch (error) {
    created?.close();
    throw error;
  } finally {
    if (away) goHome(home, undefined);
    home.close();
  }
}

/** A supervisor in a node's namespace would act on the node as if it were the lab; so rather none at all. */
function goHome(home: Namespace, directory: number | undefined): void {
  try {
    check(`setns ${home.kind}`, libc.setns(home.fd, cloneFlag[home.kind]));
    if (directory !== undefined) {
      check("fchdir", libc.fchdir(directory));
      process.chdir(".");
    }
  } catch (error) {
    writeSync(2, `netwright: cannot return to the process's own ${home.kind} namespace: ${String(error)}\n`);
    process.abort();
  }
}

function prepareThread(kinds: readonly NamespaceKind[]): void {
  assertMainThread();
  startThreadPool();
  // setns(2) refuses a mount namespace while the thread shares its working directory with others; this is nothing when it does not.
  if (kinds.includes("mnt")) check("unshare fs", libc.unshare(CLONE_FS));
}

function assertMainThread(): void {
  if (!isMainThread)
    throw new KernelError(
      "namespaces",
      1,
      "they belong to a thread, and only the main thread of a process may change them",
    );
}

/**
 * Makes libuv start its thread pool now. It starts on the first asynchronous file access, and threads
 * inherit the namespaces of the thread that starts them: were that to happen inside a node, every
 * later file access of this process would be in that node.
 */
const startThreadPool = once(() => stat("/", () => undefined));

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
