import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { ControllerEvent } from "../../../src/api/index.ts";
import { labDetailQuery, labQuery, labsQuery } from "./queries.ts";
import { serverLink } from "./server-link.ts";
import { openStream } from "./stream.ts";

/**
 * Hears what happens in a project. After a break of the connection, it goes on where it was.
 *
 * @param onBack called then: what does not say that it has changed may have
 */
export function useProjectEvents(
  project: string,
  onEvent: (event: ControllerEvent) => void,
  onBack?: () => void,
): void {
  const after = useRef<number>(undefined);
  const wasOpen = useRef(false);
  const { isConnected } = useLines<ControllerEvent>(
    `/projects/${encodeURIComponent(project)}/events`,
    () => ({ after: after.current }),
    (events) => {
      after.current = events.at(-1)?.id ?? after.current;
      for (const event of events) onEvent(event);
    },
  );
  const back = useEffectEvent(() => onBack?.());
  useEffect(() => {
    if (isConnected) {
      if (serverLink.isLost()) back();
      serverLink.set(false);
      wasOpen.current = true;
      return;
    }
    if (!wasOpen.current) return;
    // What is back at once was not worth a word.
    const timer = setTimeout(() => serverLink.set(true), quietMs);
    return () => clearTimeout(timer);
  }, [isConnected]);
  // Who follows nothing does not know, and needs not.
  useEffect(() => () => serverLink.set(false), []);
}

/**
 * Keeps what is known of a project's labs in step with what happens to them.
 *
 * @returns what is being done to deploy labs, by their names
 */
export function useLabsInStep(project: string): Readonly<Record<string, string>> {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Readonly<Record<string, string>>>({});
  useProjectEvents(
    project,
    ({ type, subject, message }) => {
      if (type === "lab.progress") {
        setProgress((known) => ({ ...known, [subject]: message }));
        return;
      }
      const lab = { project, lab: subject };
      for (const { queryKey } of [labsQuery(project), labQuery(lab), labDetailQuery(lab)])
        void client.invalidateQueries({ queryKey });
    },
    () => void client.invalidateQueries(),
  );
  return progress;
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
