import { formatDuration } from "../duration.ts";
import type { ImpairmentSettings } from "../impairment/settings.ts";
import { actionDefinition } from "./action.ts";
import type { FaultsForm, StepForm } from "./form.ts";
import { type FaultSchedule, type FaultStep, type Span, triggerText } from "./schedule.ts";

/** A schedule as the data of a fault file; read again it is the same. */
export const faultsDefinition = ({ seed, steps }: FaultSchedule): FaultsForm => ({
  ...(seed === undefined ? {} : { seed }),
  steps: steps.map(stepDefinition),
});

function stepDefinition({ after, at, repeat, choices, lasts }: FaultStep): StepForm {
  const actions = choices.map(actionDefinition);
  // Each end of each link has one impairment, since all come from one setting.
  const from: Record<string, ImpairmentSettings> = Object.assign(
    {},
    ...actions.map(({ impairment }) => impairment?.from ?? {}),
  );
  const texts = actions.map((action) => action.do);
  return {
    ...(after === undefined ? {} : { after: triggerText(after) }),
    at: spanText(at),
    ...(repeat === undefined ? {} : { every: spanText(repeat.every) }),
    ...(repeat?.times === undefined ? {} : { times: repeat.times }),
    ...(repeat?.untilMs === undefined ? {} : { until: formatDuration(repeat.untilMs) }),
    ...(texts.length === 1 ? { do: texts[0] } : { "one-of": texts }),
    ...(actions.every(({ impairment }) => impairment === undefined) ? {} : { impairment: { from } }),
    ...(lasts === undefined ? {} : { for: spanText(lasts) }),
  } as StepForm;
}

const spanText = ({ fromMs, toMs }: Span): string =>
  fromMs === toMs ? formatDuration(fromMs) : `${formatDuration(fromMs)}..${formatDuration(toMs)}`;
