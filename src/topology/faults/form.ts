import * as z from "zod";
import { durationPattern } from "../duration.ts";
import { listOf, map, text, wholeNumber } from "../schema/form.ts";
import { linkImpairment } from "../schema/impairment.ts";

/** The form of a fault file. What the texts say is read later, where a message can say more. */

const spanPhrase = "a duration such as 10s, or a span such as 5s..10s";
const oneDuration = durationPattern.source.slice(1, -1);
const spanPattern = new RegExp(`^${oneDuration}(?:\\.\\.${oneDuration})?$`);
const span = () => z.string({ error: spanPhrase }).regex(spanPattern, { error: spanPhrase });

const step = map(
  {
    at: span()
      .optional()
      .describe("When, from the start of the run or from the event of `after`. A span is drawn from. 0s when absent"),
    after: text("an event such as process web ready")
      .optional()
      .describe(
        "Waits for the first such event: `process NAME started`, `ready` or `exited`; `node NAME started` or `failed`",
      ),
    every: span().optional().describe("Repeats it, with this time in between. With `times`, `until` or both"),
    times: wholeNumber(1, 100_000).optional().describe("How often in all"),
    until: z
      .string({ error: "a duration such as 60s" })
      .regex(durationPattern, { error: "a duration such as 60s" })
      .optional()
      .describe("Repeats up to this time"),
    do: text("an action such as link down r1 r2")
      .optional()
      .describe(
        "`link down`, `up`, `set` or `clear` and a link; `node stop`, `start`, `restart`, `pause` or `kill` and a node; `partition` and what follows it",
      ),
    "one-of": listOf(text("an action such as link down r1 r2"), "a list of actions")
      .optional()
      .describe("Actions of which one is drawn each time, in place of `do`"),
    impairment: linkImpairment.optional().describe("What `link set` sets"),
    for: span()
      .optional()
      .describe(
        "Ended after this time: by `link up`, what the lab file has of the link, `node start`, `partition heal`",
      ),
  },
  "a map with at and do",
).meta({
  title: "Fault",
  description: "A fault at a time or after an event, once or repeated, with what ends it",
});

/** A fault file, which is also what the lab file has under `faults:`. */
export const faultsForm = map(
  {
    seed: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional().describe("Seed of all draws; --seed wins"),
    steps: listOf(step, "a list of steps such as {at: 5s, do: link down r1 r2}")
      // So that the log of a run is a fault file before its first line.
      .nullable()
      .describe("What happens"),
  },
  "a map with seed and steps",
).meta({
  title: "Faults",
  description: "A fault schedule, which begins when the lab runs. A fault file has the same form",
});

export type FaultsForm = z.infer<typeof faultsForm>;
export type StepForm = NonNullable<FaultsForm["steps"]>[number];
