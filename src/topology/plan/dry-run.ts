import type { Step } from "../steps.ts";
import { type ChangeSymbol, describeStep, symbolOf } from "./describe.ts";
import { phases } from "./phases.ts";

/** What `--dry-run` says, for `--json`. */
export type PlanReport = {
  readonly create: number;
  readonly change: number;
  readonly remove: number;
  readonly phases: readonly {
    readonly title: string;
    readonly symbol: ChangeSymbol;
    readonly steps: readonly { readonly symbol: ChangeSymbol; readonly text: string; readonly step: Step }[];
  }[];
};

/** A plan as data: how many steps of each sort, and the steps by phase. */
export function planReport(steps: readonly Step[]): PlanReport {
  const count = (symbol: ChangeSymbol) => steps.filter((step) => symbolOf(step) === symbol).length;
  return {
    create: count("+"),
    change: count("~"),
    remove: count("-"),
    phases: phases(steps).map(({ title, symbol, items }) => ({
      title,
      symbol,
      steps: items
        .flatMap((item) => item.steps)
        .map((step) => ({ symbol: symbolOf(step), text: describeStep(step), step })),
    })),
  };
}

/** A plan as lines to read: a title per phase and a line per step under it. Empty for an empty plan. */
export function planLines(steps: readonly Step[]): readonly string[] {
  return planReport(steps).phases.flatMap((phase) => [
    phase.title,
    ...phase.steps.map(({ symbol, text }) => `  ${symbol} ${text}`),
  ]);
}
