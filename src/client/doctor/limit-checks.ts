import { readFileSync } from "node:fs";
import type { Check } from "./check.ts";

/** A node takes a handful of files of the supervisor's; labs of about a thousand nodes need this many. */
const comfortable = 16_384;
const enough = 4_096;

export const limitChecks: readonly Check[] = [
  {
    name: "Open files",
    neededFor: "large labs: each node takes a few",
    find: ({ environment }) => {
      // prlimit of this process as the kernel shows it (proc(5), /proc/pid/limits). Node raises its soft limit to the hard one.
      const line = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
      const [, softText = "0", hardText = "0"] = line ?? [];
      const soft = numberOf(softText);
      const hard = numberOf(hardText);
      const detail = `you may open ${hardText}${soft === hard ? "" : `, ${softText} unless raised`}`;
      const user = environment["USER"] ?? "*";
      const mend = `echo "${user} hard nofile 1048576" | sudo tee /etc/security/limits.d/60-netwright.conf (and log in again)`;
      if (hard >= comfortable) return { status: "ok", detail };
      return {
        status: "limited",
        detail: `${detail}: ${hard >= enough ? "enough for hundreds of nodes" : "enough for small labs"}`,
        mend,
      };
    },
  },
];

const numberOf = (text: string): number => (text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text));
