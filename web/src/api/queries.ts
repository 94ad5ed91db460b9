import { queryOptions } from "@tanstack/react-query";
import { call, callLab, type LabAddress, setProof } from "./call.ts";
import { listQuery } from "./list.ts";

/** What is asked of the server, under the names by which it is kept. */

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
  queryFn: async () => {
    const session = await openSession();
    setProof(session.csrfToken);
    return session;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const waysQuery = queryOptions({
  queryKey: ["ways"],
  queryFn: ({ signal }) => call("GET", "/session/ways", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Whether the server can do its work. Of a database that is gone, nothing else tells a page where nothing happens. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => call("GET", "/health", { signal }),
  refetchInterval: 4_000,
});

export const hostQuery = queryOptions({
  queryKey: ["host"],
  queryFn: ({ signal }) => call("GET", "/host", { signal }),
});

/** All of them at once: nobody is signed in at hundreds of places. */
export const sessionsQuery = listQuery(["sessions"], (page) => call("GET", "/sessions", page));

export const tokensQuery = listQuery(["tokens"], (page) => call("GET", "/tokens", page));

export const usersQuery = listQuery(["users"], (page) => call("GET", "/users", page));

export type AuditFilter = { readonly user: string; readonly target: string; readonly refused: boolean };

export const auditQuery = ({ user, target, refused }: AuditFilter) =>
  listQuery(["audit", user, target, refused], ({ query, signal }) =>
    call("GET", "/audit", {
      query: {
        ...query,
        user: user === "" ? undefined : user,
        target: target === "" ? undefined : target,
        refused: refused ? true : undefined,
      },
      signal,
    }),
  );

export const hostsQuery = listQuery(["hosts"], (page) => call("GET", "/hosts", page));

export const imagesQuery = listQuery(["images"], (page) => call("GET", "/images", page));

export const projectsQuery = listQuery(["projects"], (page) => call("GET", "/projects", page));

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project],
    queryFn: ({ signal }) => call("GET", "/projects/:project", { params: { project }, signal }),
  });

export const membersQuery = (project: string) =>
  listQuery(["members", project], (page) =>
    call("GET", "/projects/:project/members", { params: { project }, ...page }),
  );

/** What the labs of a project take of its quota; captures that somebody starts are no event of the project. */
export const usageQuery = (project: string) =>
  queryOptions({
    queryKey: ["usage", project],
    queryFn: ({ signal }) => call("GET", "/projects/:project/usage", { params: { project }, signal }),
    refetchInterval: 5_000,
  });

export const labsQuery = (project: string) =>
  listQuery(["labs", project], (page) => call("GET", "/projects/:project/labs", { params: { project }, ...page }));

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

export const labLinkChangesQuery = ({ project, lab }: LabAddress) =>
  queryOptions({
    queryKey: ["lab", project, lab, "link-changes"],
    queryFn: ({ signal }) =>
      call("GET", "/projects/:project/labs/:lab/link-changes", { params: { project, lab }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const labDetailQuery = (address: LabAddress) =>
  queryOptions({
    queryKey: ["detail", address.project, address.lab],
    queryFn: ({ signal }) => callLab(address, "GET", "/lab", { signal }),
    // Events say when it changes; what they do not tell (memory, counts) may be this old.
    refetchInterval: 15_000,
  });

export const topologiesQuery = (project: string) =>
  listQuery(["topologies", project], (page) =>
    call("GET", "/projects/:project/topologies", { params: { project }, ...page }),
  );

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
  listQuery(["topology", project, topology, "versions"], (page) =>
    call("GET", "/projects/:project/topologies/:topology/versions", { params: { project, topology }, ...page }),
  );
