import { same } from "../plan/same.ts";
import { endOf } from "./action.ts";
import type { FaultAction } from "./schedule.ts";

/** What faults that were done one after the other have left in force. */
export class FaultsInForce {
  readonly #ends = new Map<string, FaultAction>();

  /** Takes note of an action that was done. */
  note(action: FaultAction): void {
    const what = aspectOf(action);
    const end = isEnd(action) ? undefined : endOf(action);
    // A second fault in the same place takes the place of the first, and is later than others.
    this.#ends.delete(what);
    if (end !== undefined) this.#ends.set(what, end);
  }

  /** What would end it, that of the latest fault first. */
  get ends(): readonly FaultAction[] {
    return [...this.#ends.values()].reverse();
  }
}

/** A `link set` to what the lab file has ends what was set before. */
const isEnd = (action: FaultAction): boolean => action.do === "link.set" && same(action.impairments, action.own ?? {});

/** What of the lab an action decides on: a later one with the same replaces it. */
function aspectOf(action: FaultAction): string {
  switch (action.do) {
    case "link.down":
    case "link.up":
      return `carrier ${action.link}`;
    case "link.set":
    case "link.clear":
      return `impairment ${action.link}`;
    case "node.stop":
    case "node.start":
    case "node.restart":
    case "node.pause":
    case "node.kill":
      return `node ${action.node}`;
    case "partition":
      return "partition";
    default:
      return action satisfies never;
  }
}
