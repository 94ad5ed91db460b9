import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Others, TopologyVersion } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { useProjectEvents } from "../api/follow.ts";
import { versionsQuery } from "../api/queries.ts";

/** A version, without what is in it. */
export type VersionHead = Pick<TopologyVersion, "version" | "author" | "message">;

/**
 * Hears when a topology that is open is saved, and who else has it open.
 *
 * @returns the newest version, as far as it is known; `look` asks for it again
 */
export function useNewestVersion(
  project: string,
  topology: string,
): { readonly newest: VersionHead | undefined; readonly others: Others; readonly look: () => void } {
  const client = useQueryClient();
  const [newest, setNewest] = useState<VersionHead>();
  const look = () => {
    const path = "/projects/:project/topologies/:topology/versions";
    call("GET", path, { params: { project, topology }, query: { limit: 1 } }).then(
      ({ items: [found] }) =>
        // Answers may come in another order than they were asked for.
        setNewest((known) => (found === undefined || (known?.version ?? 0) >= found.version ? known : found)),
      // There is none yet, or the connection has gone: when it is back, this is asked for again.
      () => undefined,
    );
    void client.invalidateQueries({ queryKey: versionsQuery(project, topology).queryKey });
  };
  const others = useProjectEvents(
    project,
    ({ type, subject }) => {
      if (type === "topology.saved" && subject === topology) look();
    },
    { at: `topologies/${topology}`, onHeard: look },
  );
  return { newest, others, look };
}
