import type { EventLog } from "../events.ts";
import type { LabGroups } from "./groups.ts";

const everyMs = 500;

/**
 * Tells when the kernel has ended processes of nodes that had no memory left. It is asked again and again: only
 * one of the two versions of control groups tells by itself in a way that Node can wait for.
 */
export class MemoryWatch {
  readonly #groups: LabGroups;
  readonly #events: EventLog;
  readonly #known = new Map<string, number>();

  constructor(groups: LabGroups, events: EventLog) {
    this.#groups = groups;
    this.#events = events;
    setInterval(() => this.look(), everyMs).unref();
  }

  look(): void {
    for (const node of this.#groups.nodes) {
      const kills = this.#groups.memoryKills(node) ?? 0;
      const before = this.#known.get(node) ?? 0;
      this.#known.set(node, kills);
      if (kills <= before) continue;
      const count = kills - before;
      this.#events.record(
        "node.out-of-memory",
        node,
        `${node}: out of memory, the kernel ended ${count === 1 ? "one of its processes" : `${count} of its processes`}`,
        { processes: count },
      );
    }
  }
}
