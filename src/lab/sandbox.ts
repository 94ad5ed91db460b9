import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostView } from "../api/index.ts";
import { makePrivate, mount, raiseOpenFileLimit, sethostname } from "../kernel/index.ts";
import { labError } from "../topology/index.ts";

/** What the sandbox offers to the lab in it. */
export type Sandbox = {
  /** A tmpfs that only this sandbox sees. */
  readonly folder: string;
  /** Where it sees the whole host, and nobody in it can write to it. */
  readonly host: string;
  /** Whether there are more ids than root's (subordinate ids): without, every program runs as root of the sandbox. */
  readonly hasUsers: boolean;
  /** How many files may be open, as raised to the hard limit. */
  readonly openFiles: number;
};

/**
 * The panel is no host: its jacks take no part in IP, and its bridges pass frames on without asking
 * iptables, as they would where br_netfilter is loaded (Docker does).
 */
const panelSettings = {
  "net/ipv6/conf/default/disable_ipv6": "1",
  "net/ipv6/conf/all/disable_ipv6": "1",
  "net/ipv4/conf/default/arp_ignore": "8",
  "net/bridge/bridge-nf-call-iptables": "0",
  "net/bridge/bridge-nf-call-ip6tables": "0",
  "net/bridge/bridge-nf-call-arptables": "0",
} as const;

/**
 * Makes the namespaces this process was started in (user, mount, network, PID, UTS, IPC) a sandbox.
 *
 * @param runtime the lab's runtime folder: where the host is shown, and where its tmpfs goes
 * @throws KERNEL_REFUSED when the process is not alone in its namespaces, or /proc cannot be mounted
 */
export function enterSandbox(lab: string, runtime: string): Sandbox {
  if (process.pid !== 1) {
    throw labError("KERNEL_REFUSED", {
      what: "run the supervisor outside a sandbox of its own",
      errno: `PID ${process.pid}`,
      hint: "Supervisors are started by: netwright up",
    });
  }
  const attempt = (what: string, action: () => void) => {
    try {
      action();
    } catch (error) {
      throw labError(
        "KERNEL_REFUSED",
        { what, errno: String(error), hint: "See what this machine can do with: netwright doctor" },
        { cause: error },
      );
    }
  };
  makePrivate("/");
  attempt("mount the sandbox's /proc (containers often forbid it)", () =>
    mount({ source: "proc", target: "/proc", type: "proc", flags: ["nosuid", "nodev", "noexec"] }),
  );
  const folder = `${runtime}/sandbox`;
  mkdirSync(folder, { recursive: true });
  attempt("mount the sandbox's tmpfs", () =>
    mount({ source: "tmpfs", target: folder, type: "tmpfs", flags: ["nosuid", "nodev"], data: "mode=700" }),
  );
  sethostname(lab);
  for (const [path, value] of Object.entries(panelSettings)) {
    if (existsSync(`/proc/sys/${path}`)) writeFileSync(`/proc/sys/${path}`, value);
  }
  return { folder, host: hostView(runtime), hasUsers: mappedIds() > 1, openFiles: raiseOpenFileLimit() };
}

/** The number of ids of this user namespace, from its map (user_namespaces(7)). */
function mappedIds(): number {
  return readFileSync("/proc/self/uid_map", "utf8")
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
}
