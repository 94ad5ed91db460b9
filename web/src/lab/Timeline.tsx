import { Text } from "@mantine/core";
import type { FaultTimeline } from "../../../src/api/index.ts";
import { spansOf, type TimedEntry } from "./spans.ts";

const steps = [1, 2, 5];
/** Marks of time, about so many. */
const marks = 8;
/** Lanes that are drawn; a schedule with more steps shares them. */
const mostLanes = 24;

/** Times that are round, for marks on a line of `spanMs`. */
function marksOf(spanMs: number): readonly number[] {
  let unit = 10;
  while (true) {
    const step = steps.map((one) => one * unit).find((one) => spanMs / one <= marks);
    if (step !== undefined) return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step);
    unit *= 10;
  }
}

const timeWords = (ms: number): string => (ms < 1000 && ms > 0 ? `${ms} ms` : `${ms / 1000} s`);
const signs = { planned: "○", done: "●", failed: "✕" } as const;
const words = { planned: "to come", done: "done", failed: "failed" } as const;

/** Faults on a line of time, a lane for each step, and as a list with the same. Times are from the start of the run. */
export function Timeline({
  timeline,
  nowMs,
  inForce,
}: {
  readonly timeline: FaultTimeline;
  /** How far the run is; undefined for what is only planned. */
  readonly nowMs: number | undefined;
  readonly inForce: readonly string[];
}) {
  const { entries, total } = timeline;
  const known = entries.filter((entry): entry is TimedEntry => entry.atMs !== undefined);
  const spanMs = Math.max(1000, nowMs ?? 0, ...known.map(({ atMs }) => atMs)) * 1.04;
  const at = (ms: number) => `${(100 * ms) / spanMs}%`;
  const lanes = [...new Set(entries.map(({ step }) => step))].toSorted((a, b) => a - b);
  const laneOf = (step: number) => lanes.indexOf(step) % mostLanes;
  const height = Math.min(mostLanes, lanes.length) * 18;
  return (
    <div className="timeline">
      <div className="timeline-picture" style={{ height: height + 28 }} aria-hidden="true">
        {marksOf(spanMs).map((ms) => (
          <span key={ms} className="timeline-mark" style={{ left: at(ms) }}>
            {timeWords(ms)}
          </span>
        ))}
        {spansOf(known, spanMs, nowMs).map(({ step, fromMs, toMs, state }) => (
          <span
            key={`${step} ${fromMs} ${state}`}
            className="timeline-span"
            data-state={state}
            style={{ left: at(fromMs), width: at(toMs - fromMs), top: 22 + laneOf(step) * 18 + 6 }}
          />
        ))}
        {known.map((entry) => (
          <span
            key={`${entry.step} ${entry.atMs} ${entry.action}`}
            className="timeline-fault"
            data-state={entry.state}
            title={`${timeWords(entry.atMs)} ${entry.action}`}
            style={{ left: at(entry.atMs), top: 22 + laneOf(entry.step) * 18 }}
          >
            {signs[entry.state]}
          </span>
        ))}
        {nowMs !== undefined && <span className="timeline-now" style={{ left: at(Math.min(nowMs, spanMs)) }} />}
      </div>
      {inForce.length > 0 && (
        <Text size="sm" className="timeline-force">
          In force, until: {inForce.join(" · ")}
        </Text>
      )}
      <ol className="timeline-list" aria-label="Faults">
        {entries.slice(0, 200).map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: their order does not change
          <li key={index} data-state={entry.state}>
            <span aria-hidden="true">{signs[entry.state]}</span>
            <span className="timeline-time">
              {entry.atMs === undefined ? `after ${entry.after}` : timeWords(entry.atMs)}
            </span>
            <span>
              {entry.action} <span className="hidden-text">{words[entry.state]}</span>
              {entry.error !== undefined && <b> {entry.error}</b>}
            </span>
          </li>
        ))}
        {total > 200 && <li>and {total - 200} more</li>}
      </ol>
    </div>
  );
}
