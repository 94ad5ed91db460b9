import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Reading } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";

const pauseMs = 250;

/** Asks what a text says. */
export const read = (project: string, text: string, signal?: AbortSignal): Promise<Reading> =>
  call("POST", "/projects/:project/read", {
    params: { project },
    body: { text },
    ...(signal === undefined ? {} : { signal }),
  });

/** What is wrong with a text, and the lab it describes, soon after it changed; until then, of the text before. */
export function useReading(
  project: string,
  text: string,
): { readonly reading: Reading | undefined; readonly isCurrent: boolean; readonly error: unknown } {
  const [settled] = useDebouncedValue(text, pauseMs);
  const query = useQuery({
    queryKey: ["reading", project, settled],
    queryFn: ({ signal }) => read(project, settled, signal),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
  });
  return {
    reading: query.data,
    isCurrent: settled === text && !query.isPlaceholderData && query.isSuccess,
    error: query.error,
  };
}
