import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { ControllerEvent, Others, PresenceEvent, PresencePlace } from "../../../src/api/index.ts";
import { labDetailQuery, labQuery, labsQuery, topologiesQuery, versionsQuery } from "./queries.ts";
import { serverLink } from "./server-link.ts";
import { openStream } from "./stream.ts";

const nobody: Others = { people: [], count: 0 };

/**
 * Hears what happens in a project. After a break of the connection, it goes on where it was.
 *
 * @param at what is open here, which others who have it open are told
 * @param onHeard called each time that all that happens from now on is heard; where `at` is given
 */
export function useProjectEvents(
  project: string,
  onEvent: (event: ControllerEvent) => void,
  { at, onHeard }: { readonly at?: PresencePlace; readonly onHeard?: () => void } = {},
): Others {
  const after = useRef<number>(undefined);
  const wasOpen = useRef(false);
  const isHeard = useRef(false);
  const [others, setOthers] = useState(nobody);
  const { isConnected } = useLines<ControllerEvent | PresenceEvent>(
    `/projects/${encodeURIComponent(project)}/events`,
    () => ({ after: after.current, at }),
    (events) => {
      for (const event of events) {
        if ("people" in event) {
          setOthers(event);
          if (!isHeard.current) onHeard?.();
          isHeard.current = true;
        } else {
          after.current = event.id;
          onEvent(event);
        }
      }
    },
  );
  useEffect(() => {
    if (isConnected) {
      serverLink.set(false);
      wasOpen.current = true;
      return;
    }
    isHeard.current = false;
    setOthers(nobody);
    if (!wasOpen.current) return;
    // What is back at once was not worth a word.
    const timer = setTimeout(() => serverLink.set(true), quietMs);
    return () => clearTimeout(timer);
  }, [isConnected]);
  // Who follows nothing does not know, and needs not.
  useEffect(() => () => serverLink.set(false), []);
  return others;
}

/**
 * Keeps what is known of a project's labs and topologies in step with what happens to them.
 *
 * @param at as for `useProjectEvents`
 * @returns what is being done to deploy labs, by their names, and who else is there
 */
export function useLabsInStep(
  project: string,
  at?: PresencePlace,
): { readonly progress: Readonly<Record<string, string>>; readonly others: Others } {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Readonly<Record<string, string>>>({});
  const others = useProjectEvents(
    project,
    ({ type, subject, message }) => {
      if (type === "lab.progress") {
        setProgress((known) => ({ ...known, [subject]: message }));
        return;
      }
      if (type.startsWith("topology.")) {
        for (const { queryKey } of [topologiesQuery(project), versionsQuery(project, subject)])
          void client.invalidateQueries({ queryKey });
        return;
      }
      const lab = { project, lab: subject };
      for (const { queryKey } of [labsQuery(project), labQuery(lab), labDetailQuery(lab)])
        void client.invalidateQueries({ queryKey });
    },
    at === undefined ? {} : { at },
  );
  return { progress, others };
}

const quietMs = 1_000;
const firstPauseMs = 500;
const longestPauseMs = 8_000;

/**
 * Reads a stream of JSON lines for as long as it is wanted, and asks again when it ends.
 *
 * @param query of the next request, which may say from where to go on
 */
export function useLines<Line>(
  path: string | undefined,
  query: () => Readonly<Record<string, string | number | boolean | undefined>>,
  onLines: (lines: readonly Line[]) => void,
): { readonly isConnected: boolean } {
  const [isConnected, setConnected] = useState(false);
  const ask = useEffectEvent(query);
  const hear = useEffectEvent(onLines);
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    const follow = async () => {
      let pauseMs = firstPauseMs;
      while (!gone.signal.aborted) {
        try {
          const parts = openStream(path, { query: ask(), signal: gone.signal }, () => setConnected(true));
          for await (const lines of linesOf<Line>(parts)) {
            pauseMs = firstPauseMs;
            hear(lines);
          }
        } catch {
          // Asked for again below, whatever it was.
        }
        if (gone.signal.aborted) return;
        setConnected(false);
        await pause(pauseMs, gone.signal);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    };
    void follow();
    return () => gone.abort();
  }, [path]);
  return { isConnected };
}

/** Until the time is over, the network is back, or nobody waits any more. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}

/** What came at once, together. */
async function* linesOf<Line>(parts: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of parts) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const full = lines.filter((line) => line.trim() !== "");
    if (full.length > 0) yield full.map((line) => JSON.parse(line) as Line);
  }
}
