import { useEffect, useState } from "react";
import type { CountersLine } from "../../../src/api/index.ts";
import { type LabAddress, labPath } from "../api/call.ts";
import { useLines } from "../api/follow.ts";
import { type LinkRate, LinkRates, type Rate } from "../graph/rates.ts";

/** Losses are told of so many frames at least; and what is under way when it is counted is none. */
const leastFrames = 8;
const underWay = 2;
/** How much the last second counts for in what is shown as lost. */
const weight = 0.5;

/** What passes on the links of a lab, from what it counts once a second. */
export function useRates(address: LabAddress): LinkRates {
  const [rates] = useState(() => new LinkRates());
  const [state] = useState<{ ids: readonly string[] }>(() => ({ ids: [] }));
  const { isConnected } = useLines<CountersLine>(
    labPath(address, "/counters"),
    () => ({}),
    (lines) => {
      for (const line of lines) {
        if (line.type === "links") state.ids = line.ids;
        else {
          const { elapsedMs } = line;
          const fresh = new Map<string, LinkRate>();
          for (const [place, ...counts] of line.of) {
            const id = state.ids[place];
            if (id === undefined) continue;
            const known = rates.get(id);
            fresh.set(id, {
              ab: rateOf(counts.slice(0, 4), elapsedMs, known?.ab),
              ba: rateOf(counts.slice(4), elapsedMs, known?.ba),
            });
          }
          rates.set(fresh);
        }
      }
    },
  );
  useEffect(() => {
    if (!isConnected) rates.set(new Map());
  }, [rates, isConnected]);
  return rates;
}

function rateOf(
  [sent = 0, , arrived = 0, arrivedBytes = 0]: readonly number[],
  elapsedMs: number,
  known: Rate | undefined,
): Rate {
  const missing = sent - arrived;
  const now = sent >= leastFrames && missing > underWay ? missing / sent : arrived === 0 && sent > underWay ? 1 : 0;
  const lost = known === undefined ? now : known.lost * (1 - weight) + now * weight;
  return {
    bitsPerSecond: (arrivedBytes * 8 * 1000) / elapsedMs,
    framesPerSecond: (arrived * 1000) / elapsedMs,
    lost: lost < 0.001 ? 0 : lost,
  };
}
