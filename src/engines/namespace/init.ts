import { type ChildProcess, spawn } from "node:child_process";
import { inNamespaces, Namespace } from "../../kernel/index.ts";
import { labError } from "../../topology/index.ts";

/**
 * PID 1 of a node: it mounts the node's /proc, says so, and then only waits. With SIGCHLD ignored the
 * kernel reaps the orphans that end up with it (wait(2), NOTES), so it needs no code of ours in the node.
 */
const initScript =
  "mount -t proc -o nosuid,nodev,noexec proc /proc && echo ready && exec env --ignore-signal=CHLD sleep infinity >/dev/null";

/**
 * The same for a node whose file system is still at $1, and which may have no programs: the init is $2,
 * which is static and says itself that it runs.
 */
const imageInitScript = 'mount -t proc -o nosuid,nodev,noexec proc "$1/proc" && exec env --ignore-signal=CHLD "$2"';

/** Waits for a word before it becomes the rest of its words. */
const waiting = ["sh", "-c", 'read -r word && exec "$@" </dev/null', "sh"] as const;

const readyMs = 20_000;

/** The running init of one node. Ending it ends every process of the node. */
export class NodeInit {
  readonly #parent: ChildProcess;
  /** Resolves when the init, and with it every process of the node, is gone. */
  readonly gone: Promise<void>;
  readonly #hasGroup: boolean;
  #alive = true;

  private constructor(parent: ChildProcess, hasGroup: boolean) {
    this.#parent = parent;
    this.#hasGroup = hasGroup;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    parent.once("exit", () => {
      this.#alive = false;
      resolve();
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Starts the init of a node in the given namespaces, which it keeps alive.
   *
   * @param staged where the file system of a node of an image is as yet, and the program that becomes its init
   * @param enter puts a process into the node's control group, where it makes a cgroup namespace: what is in the
   * node sees no more of control groups than its own, and cannot lift its limits (cgroup_namespaces(7))
   * @throws COMMAND_FAILED when it does not come up, with what it said
   */
  static async start(
    node: string,
    namespaces: readonly Namespace[],
    {
      staged,
      enter,
    }: {
      readonly staged?: { readonly root: string; readonly program: string };
      readonly enter?: ((pid: number) => void) | undefined;
    } = {},
  ): Promise<NodeInit> {
    const script = staged === undefined ? [initScript] : [imageInitScript, "sh", staged.root, staged.program];
    // unshare(1) stays as the parent: --kill-child makes the kernel end the node with it, or with us.
    const unshare = ["unshare", "--pid", "--fork", "--kill-child", ...(enter === undefined ? [] : ["--cgroup"])];
    const [program = "", ...words] = [...(enter === undefined ? [] : waiting), ...unshare, "sh", "-c", ...script];
    const parent = inNamespaces(namespaces, () =>
      spawn(program, words, {
        cwd: "/",
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
        stdio: [enter === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      }),
    );
    const init = new NodeInit(parent, enter !== undefined);
    parent.stdin?.on("error", () => undefined);
    const said: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (how: string) =>
      reject(
        labError("COMMAND_FAILED", {
          what: "Starting the node",
          node,
          how,
          lastLines: said.join("").split("\n").filter(Boolean),
        }),
      );
    const timer = setTimeout(() => fail(`did not finish within ${readyMs / 1000} s`), readyMs);
    parent.stderr?.on("data", (data: Buffer) => said.push(data.toString()));
    parent.stdout?.once("data", () => resolve());
    parent.once("error", (error) => fail(`could not start (${error.message})`));
    parent.once("close", (code, signal) => fail(`ended with ${signal ?? `exit code ${code}`}`));
    try {
      if (parent.pid !== undefined) enter?.(parent.pid);
      parent.stdin?.end("enter\n");
      await promise;
    } catch (error) {
      init.kill();
      throw error;
    } finally {
      clearTimeout(timer);
      parent.stdout?.destroy();
      parent.stderr?.destroy();
    }
    return init;
  }

  /** Opens the namespaces that a program of this node runs in; the caller closes them. */
  openNamespaces(): readonly Namespace[] {
    const pid = this.#parent.pid as number;
    return [
      Namespace.open(`/proc/${pid}/ns/pid_for_children`, "pid"),
      ...(["net", "uts", "ipc", "mnt", ...(this.#hasGroup ? (["cgroup"] as const) : [])] as const).map((kind) =>
        Namespace.ofProcess(pid, kind),
      ),
    ];
  }

  /** Opens the namespace of the node's file system; the caller closes it. */
  openMountNamespace(): Namespace {
    return Namespace.ofProcess(this.#parent.pid as number, "mnt");
  }

  /** SIGKILL for every process of the node. */
  kill(): void {
    if (this.#alive) this.#parent.kill("SIGKILL");
  }
}
