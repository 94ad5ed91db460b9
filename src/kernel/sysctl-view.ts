import { closeSync, openSync } from "node:fs";
import { mount, unmount } from "./mount.ts";

/**
 * A mount of /proc/sys that no path leads to, held by an open folder: the kernel settings of whatever
 * namespaces the thread is in when it opens one.
 *
 * /proc/sys/net shows every network namespace its own settings under the same names. The kernel keeps
 * the entries it has looked up, and at the next look-up goes through those of all namespaces
 * (proc_sys_compare, fs/proc/proc_sysctl.c): in one and the same mount the thousandth namespace takes
 * a thousand times as long as the first. A new mount knows no entries yet.
 */
export class SysctlView {
  #folder: number | undefined;

  private constructor(folder: number) {
    this.#folder = folder;
  }

  /**
   * @param stage an empty folder, mounted on for a moment
   * @throws {KernelError} where mounting /proc is forbidden
   */
  static open(stage: string): SysctlView {
    mount({ source: "proc", target: stage, type: "proc", flags: ["nosuid", "nodev", "noexec"] });
    try {
      return new SysctlView(openSync(`${stage}/sys`, "r"));
    } finally {
      unmount(stage, { detach: true });
    }
  }

  /** @param setting below /proc/sys, e.g. `net/ipv4/ip_forward` */
  pathOf(setting: string): string {
    if (this.#folder === undefined) throw new RangeError("the view of /proc/sys was closed");
    return `/proc/thread-self/fd/${this.#folder}/${setting}`;
  }

  close(): void {
    if (this.#folder === undefined) return;
    closeSync(this.#folder);
    this.#folder = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
