import { labError, type Step } from "../topology/index.ts";
import type { StepPerformer } from "./apply.ts";

/**
 * A performer whose n-th step fails after it was done, for tests of what a failure leaves behind:
 * set NETWRIGHT_FAIL_AT_STEP=n (from 1) in the environment of the command that starts the lab.
 */
export function failingAt(n: number, performer: StepPerformer): StepPerformer {
  let performed = 0;
  const failInTurn = () => {
    performed += 1;
    if (performed === n)
      throw labError("STEP_FAILED", { step: `step ${n}`, reason: "NETWRIGHT_FAIL_AT_STEP asked for it" });
  };
  return {
    perform: async (step: Step) => {
      await performer.perform(step);
      failInTurn();
    },
    performTogether: async (steps) => {
      await performer.performTogether(steps);
      for (const _ of steps) failInTurn();
    },
  };
}
