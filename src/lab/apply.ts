import type { LaunchReport } from "../api/index.ts";
import {
  describeStep,
  labError,
  NetwrightError,
  type Phase,
  type PhaseItem,
  type Step,
  undoOf,
} from "../topology/index.ts";
import type { Logger } from "./logger.ts";

/** Performs single steps. */
export interface StepPerformer {
  perform(step: Step): void | Promise<void>;
  /** Starts processes together, since they wait for each other. */
  performTogether(steps: readonly Step[]): Promise<void>;
}

export type PhaseProgress = Extract<LaunchReport, { type: "phase" }>;

/** Steps that only wait for programs run side by side; those on netlink are one after the other anyway. */
const startConcurrency = 8;
/** The event loop gets a turn at least this often, so that the API answers while a large lab comes up. */
const turnMs = 20;
/** A person sees no more often how it goes, and each report wakes the launcher. */
const reportMs = 100;

/**
 * Applies the phases of a plan. When a step fails, everything done is undone in reverse, and every
 * error is reported, those of undoing included. Steps that undo find nothing to undo where the step
 * itself did nothing.
 */
export class Applier {
  readonly #performer: StepPerformer;
  readonly #logger: Logger;
  readonly #done: Step[] = [];
  #lastTurn = Date.now();
  #lastReport = Date.now();

  constructor(performer: StepPerformer, logger: Logger) {
    this.#performer = performer;
    this.#logger = logger;
  }

  /**
   * @param signal ends the work between two steps, without undoing: the lab is about to end as a whole
   * @throws AggregateError whose errors are NetwrightErrors: first what failed, then what could not be undone
   */
  async apply(plan: readonly Phase[], report: (progress: PhaseProgress) => void, signal: AbortSignal): Promise<void> {
    try {
      for (const phase of plan) await this.#applyPhase(phase, report, signal);
    } catch (error) {
      this.#logger.step("failed", error instanceof Error ? error.message : String(error));
      if (signal.aborted) throw error;
      const errors = error instanceof AggregateError ? error.errors : [error];
      throw new AggregateError([...errors, ...(await this.#undo())], "apply failed");
    }
  }

  async #applyPhase(phase: Phase, report: (progress: PhaseProgress) => void, signal: AbortSignal): Promise<void> {
    const total = phase.items.length;
    const progress = { type: "phase", phase: phase.title, total } as const;
    report({ ...progress, done: 0 });
    const startedAt = Date.now();
    this.#logger.step("start", phase.title);
    const kind = phase.items[0]?.steps[0]?.do;
    if (kind === "process.start") await this.#startProcesses(phase.items, signal);
    else {
      let done = 0;
      const lanes = kind === "node.start" || kind === "routing.load" || kind === "reach.set" ? startConcurrency : 1;
      const waiting = phase.items.values();
      const lane = async () => {
        for (const item of waiting) {
          signal.throwIfAborted();
          await this.#applyItem(item);
          done += 1;
          if (Date.now() - this.#lastTurn < turnMs) continue;
          if (Date.now() - this.#lastReport >= reportMs) {
            report({ ...progress, done });
            this.#lastReport = Date.now();
          }
          await new Promise((resolve) => setImmediate(resolve));
          this.#lastTurn = Date.now();
        }
      };
      const results = await Promise.allSettled(Array.from({ length: lanes }, lane));
      const failures = results.filter((result) => result.status === "rejected").map((result) => result.reason);
      if (failures.length > 0) throw new AggregateError(failures, phase.title);
    }
    report({ ...progress, done: total });
    this.#logger.step("done", phase.title, Date.now() - startedAt);
  }

  async #applyItem(item: PhaseItem): Promise<void> {
    for (const step of item.steps) {
      this.#logger.debug(() => describeStep(step));
      // Noted before it is performed: a step that fails half-way is undone too; performers undo what is there.
      this.#done.push(step);
      try {
        const result = this.#performer.perform(step);
        if (result !== undefined) await result;
      } catch (error) {
        throw asStepError(step, error);
      }
    }
  }

  async #startProcesses(items: readonly PhaseItem[], signal: AbortSignal): Promise<void> {
    const steps = items.flatMap((item) => item.steps);
    this.#done.push(...steps);
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#performer.performTogether(steps), aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #undo(): Promise<readonly NetwrightError[]> {
    const errors: NetwrightError[] = [];
    for (const step of this.#done.splice(0).reverse()) {
      const inverse = undoOf(step);
      try {
        await this.#performer.perform(inverse);
      } catch (error) {
        errors.push(asStepError(inverse, error));
      }
    }
    return errors;
  }
}

function asStepError(step: Step, error: unknown): NetwrightError {
  if (error instanceof NetwrightError) return error;
  return labError(
    "STEP_FAILED",
    { step: describeStep(step), reason: error instanceof Error ? error.message : String(error) },
    { cause: error },
  );
}
