import type { Impairments } from "../impairment/impairment.ts";
import type { LinkId, NodeName, ProcessName } from "../model.ts";
import type { Partition } from "../partition/partition.ts";

/** Faults to come: what is done to a lab, and when. */
export type FaultSchedule = {
  /** Of all that is random, unless the run has another. */
  readonly seed?: number;
  readonly steps: readonly FaultStep[];
};

export type FaultStep = {
  /** Its times count from this event; from the start of the run when absent. */
  readonly after?: FaultTrigger;
  readonly at: Span;
  readonly repeat?: Repeat;
  /** One of them, drawn anew for each repetition. */
  readonly choices: readonly FaultAction[];
  /** After which it is undone. */
  readonly lasts?: Span;
};

/** A time that is drawn evenly between the two, whole milliseconds; both the same where it is certain. */
export type Span = { readonly fromMs: number; readonly toMs: number };

/** `times` in all, or as long as the time is not beyond `untilMs`; both: what comes first. */
export type Repeat = { readonly every: Span; readonly times?: number; readonly untilMs?: number };

/** The first event of this kind after the start of the run. */
export type FaultTrigger =
  | { readonly process: ProcessName; readonly event: "started" | "ready" | "exited" }
  | { readonly node: NodeName; readonly event: "started" | "failed" };

export type LinkVerb = "down" | "up" | "set" | "clear";
export type NodeVerb = "stop" | "start" | "restart" | "pause" | "kill";

export type FaultAction =
  | { readonly do: `link.${Exclude<LinkVerb, "set">}`; readonly link: LinkId }
  | {
      readonly do: "link.set";
      readonly link: LinkId;
      readonly impairments: Impairments;
      /** What the lab file has of the link, which is what ends this. Nothing when absent. */
      readonly own?: Impairments;
    }
  | { readonly do: `node.${NodeVerb}`; readonly node: NodeName }
  /** `words` as `makePartition` takes them. */
  | { readonly do: "partition"; readonly partition: Partition; readonly words: readonly string[] };

export const triggerText = (trigger: FaultTrigger): string =>
  "process" in trigger ? `process ${trigger.process} ${trigger.event}` : `node ${trigger.node} ${trigger.event}`;
