import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, callLab, type LabAddress } from "./call.ts";

/** What is asked of the server, under the names by which it is kept. */

const most = { limit: 500 };

/** Who is signed in. The link of `netwright ui` brings a secret after the number sign, which is used up at once. */
async function openSession() {
  const secret = takeSecret();
  if (secret === undefined) return call("GET", "/session");
  try {
    return await call("POST", "/session/link", { body: { secret } });
  } catch (error) {
    // A link that is opened again, in a browser that it has signed in.
    return call("GET", "/session").catch(() => Promise.reject(error));
  }
}

function takeSecret(): string | undefined {
  if (location.pathname !== "/sign-in" || location.hash.length < 2) return undefined;
  const secret = location.hash.slice(1);
  // Not to be found in the browser's history.
  history.replaceState(null, "", "/");
  return secret;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: openSession,
  staleTime: Number.POSITIVE_INFINITY,
});

export const waysQuery = queryOptions({
  queryKey: ["ways"],
  queryFn: ({ signal }) => call("GET", "/session/ways", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const hostQuery = queryOptions({
  queryKey: ["host"],
  queryFn: ({ signal }) => call("GET", "/host", { signal }),
});

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => call("GET", "/tokens", { signal }),
});

const pageLength = 50;

export const usersQuery = infiniteQueryOptions({
  queryKey: ["users"],
  queryFn: ({ signal, pageParam }) => call("GET", "/users", { query: { limit: pageLength, after: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
});

export type AuditFilter = { readonly user: string; readonly target: string; readonly refused: boolean };

export const auditQuery = ({ user, target, refused }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", user, target, refused],
    queryFn: ({ signal, pageParam }) =>
      call("GET", "/audit", {
        query: {
          limit: pageLength,
          after: pageParam,
          user: user === "" ? undefined : user,
          target: target === "" ? undefined : target,
          refused: refused ? true : undefined,
        },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });

export const hostsQuery = queryOptions({
  queryKey: ["hosts"],
  queryFn: ({ signal }) => call("GET", "/hosts", { query: most, signal }),
});

export const imagesQuery = infiniteQueryOptions({
  queryKey: ["images"],
  queryFn: ({ signal, pageParam }) =>
    call("GET", "/images", { query: { limit: pageLength, after: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
});

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => call("GET", "/projects", { query: most, signal }),
});

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project],
    queryFn: ({ signal }) => call("GET", "/projects/:project", { params: { project }, signal }),
  });

export const membersQuery = (project: string) =>
  queryOptions({
    queryKey: ["members", project],
    queryFn: ({ signal }) => call("GET", "/projects/:project/members", { params: { project }, signal }),
  });

/** What the labs of a project take of its quota; captures that somebody starts are no event of the project. */
export const usageQuery = (project: string) =>
  queryOptions({
    queryKey: ["usage", project],
    queryFn: ({ signal }) => call("GET", "/projects/:project/usage", { params: { project }, signal }),
    refetchInterval: 5_000,
  });

export const labsQuery = (project: string) =>
  queryOptions({
    queryKey: ["labs", project],
    queryFn: ({ signal }) => call("GET", "/projects/:project/labs", { params: { project }, query: most, signal }),
  });

export const labQuery = ({ project, lab }: LabAddress) =>
  queryOptions({
    queryKey: ["lab", project, lab],
    queryFn: ({ signal }) => call("GET", "/projects/:project/labs/:lab", { params: { project, lab }, signal }),
  });

export const labTextQuery = ({ project, lab }: LabAddress) =>
  queryOptions({
    queryKey: ["lab", project, lab, "text"],
    queryFn: ({ signal }) => call("GET", "/projects/:project/labs/:lab/text", { params: { project, lab }, signal }),
  });

export const labDetailQuery = (address: LabAddress) =>
  queryOptions({
    queryKey: ["detail", address.project, address.lab],
    queryFn: ({ signal }) => callLab(address, "GET", "/lab", { signal }),
    // Events say when it changes; what they do not tell (memory, counts) may be this old.
    refetchInterval: 15_000,
  });

export const topologiesQuery = (project: string) =>
  queryOptions({
    queryKey: ["topologies", project],
    queryFn: ({ signal }) => call("GET", "/projects/:project/topologies", { params: { project }, query: most, signal }),
  });

export const topologyQuery = (project: string, topology: string, version?: number) =>
  queryOptions({
    queryKey: ["topology", project, topology, version ?? "newest"],
    queryFn: ({ signal }) =>
      call("GET", "/projects/:project/topologies/:topology", {
        params: { project, topology },
        query: { version },
        signal,
      }),
  });

export const versionsQuery = (project: string, topology: string) =>
  queryOptions({
    queryKey: ["topology", project, topology, "versions"],
    queryFn: ({ signal }) =>
      call("GET", "/projects/:project/topologies/:topology/versions", { params: { project, topology }, signal }),
  });
