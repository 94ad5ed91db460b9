import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { LabDetail, LabEvent } from "../../../src/api/index.ts";
import { type LabAddress, labPath } from "../api/call.ts";
import { useLines } from "../api/follow.ts";
import { labDetailQuery } from "../api/queries.ts";
import { tellOf } from "./told.ts";

const mostEvents = 2_000;
/**
 * From an event to a look at the whole lab, which a large one takes some time to tell of. What most events say is shown
 * before.
 */
const lookMs = (nodes: number): number => (nodes < 200 ? 150 : 1_000);

/**
 * What happens in the lab, from its beginning; the lab is looked at again when something has.
 *
 * @param runsAs the name by which the server runs it, which nobody else knows it by
 */
export function useLabEvents(address: LabAddress, runsAs: string): readonly LabEvent[] {
  const client = useQueryClient();
  const [events, setEvents] = useState<readonly LabEvent[]>([]);
  const last = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { queryKey } = labDetailQuery(address);
  useLines<LabEvent>(
    labPath(address, "/events"),
    () => ({ from: last.current + 1, follow: true }),
    (lines) => {
      const fresh = lines.filter(({ id }) => id > last.current);
      if (fresh.length === 0) return;
      last.current = fresh.at(-1)?.id ?? last.current;
      const told = fresh.map((event) => named(event, runsAs, address.lab));
      setEvents((known) => [...known, ...told].slice(-mostEvents));
      // What an event says itself is shown at once; the rest is asked for.
      void tellOf(client, queryKey, fresh);
      timer.current ??= setTimeout(
        () => {
          timer.current = undefined;
          void client.invalidateQueries({ queryKey });
        },
        lookMs(client.getQueryData<LabDetail>(queryKey)?.nodes ?? 0),
      );
    },
  );
  return events;
}

const named = (event: LabEvent, runsAs: string, name: string): LabEvent =>
  event.subject === runsAs ? { ...event, subject: name, message: event.message.replaceAll(runsAs, name) } : event;
