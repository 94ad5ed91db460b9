import { MutationCache, type Query, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";
import { CallError } from "./call.ts";
import { sessionQuery } from "./queries.ts";
import { lossIn, serverLink } from "./server-link.ts";

/** Between two times that something is asked which has not been answered. */
const pauseMs = { first: 500, longest: 4_000 } as const;

const getsOld = ({ observers }: Query): boolean =>
  observers.every(({ options }) => options.staleTime !== Number.POSITIVE_INFINITY);

/** What keeps what is known of the server, and asks it: again, where it or its database was gone, until it answers. */
export function makeClient(): QueryClient {
  // A session that has ended, whatever asked: the page to sign in is shown in place of what was there.
  const ended = (error: Error, key?: QueryKey) => {
    if (error instanceof CallError && error.code === "NOT_SIGNED_IN" && key?.[0] !== "session")
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const queryCache = new QueryCache({ onError: (error, { queryKey }) => ended(error, queryKey) });
  const client: QueryClient = new QueryClient({
    queryCache,
    mutationCache: new MutationCache({ onError: (error) => ended(error) }),
    defaultOptions: {
      queries: {
        // What the server refuses, it refuses again; what did not reach it is tried for as long as somebody looks.
        retry: (_, error) => lossIn(error) !== undefined,
        retryDelay: (count) => Math.min(pauseMs.first * 2 ** count, pauseMs.longest),
        staleTime: 2_000,
        throwOnError: false,
      },
    },
  });
  queryCache.subscribe((event) => {
    const { queryHash, state } = event.query;
    const asks = event.type !== "removed" && state.fetchStatus !== "idle";
    if (event.type === "updated" || event.type === "removed")
      serverLink.asked(queryHash, asks ? lossIn(state.fetchFailureReason) : undefined);
  });
  let wasLost = false;
  serverLink.subscribe(() => {
    // What is back may be another than it was. What never gets old is being edited, or never changes.
    if (wasLost && !serverLink.isLost()) void client.invalidateQueries({ predicate: getsOld });
    wasLost = serverLink.isLost();
  });
  return client;
}
