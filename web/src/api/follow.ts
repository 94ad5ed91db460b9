import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import type { ControllerEvent } from "../../../src/api/index.ts";
import { apiPrefix, send } from "./call.ts";

/** Hears what happens in a project. The browser connects again by itself, and misses nothing (last-event-id). */
export function useProjectEvents(project: string, onEvent: (event: ControllerEvent) => void): void {
  const hear = useEffectEvent(onEvent);
  useEffect(() => {
    const source = new EventSource(`${apiPrefix}/projects/${encodeURIComponent(project)}/events`);
    source.onmessage = ({ data }: MessageEvent<string>) => hear(JSON.parse(data) as ControllerEvent);
    return () => source.close();
  }, [project]);
}

/**
 * Keeps what is known of a project's labs in step with what happens to them.
 *
 * @returns what is being done to deploy labs, by their names
 */
export function useLabsInStep(project: string): Readonly<Record<string, string>> {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Readonly<Record<string, string>>>({});
  useProjectEvents(project, ({ type, subject, message }) => {
    if (type === "lab.progress") {
      setProgress((known) => ({ ...known, [subject]: message }));
      return;
    }
    void client.invalidateQueries({ queryKey: ["labs", project] });
    void client.invalidateQueries({ queryKey: ["lab", project, subject] });
    void client.invalidateQueries({ queryKey: ["detail", project, subject] });
  });
  return progress;
}

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
          const response = await send("GET", path, { query: ask(), signal: gone.signal });
          setConnected(true);
          for await (const lines of linesOf<Line>(response)) {
            pauseMs = firstPauseMs;
            hear(lines);
          }
        } catch {
          // Asked for again below, whatever it was.
        }
        if (gone.signal.aborted) return;
        setConnected(false);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    };
    void follow();
    return () => gone.abort();
  }, [path]);
  return { isConnected };
}

/** What came at once, together. */
async function* linesOf<Line>(response: Response): AsyncGenerator<readonly Line[]> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    const full = lines.filter((line) => line.trim() !== "");
    if (full.length > 0) yield full.map((line) => JSON.parse(line) as Line);
  }
}
