import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { LabDetail, LabEvent, NodeStatus } from "../../../src/api/index.ts";

/**
 * Puts what events say into what is known of a lab. An answer on its way is older, and is not waited for: giving it up
 * takes a moment, at whose end all is as before it was asked for.
 */
export async function tellOf(client: QueryClient, queryKey: QueryKey, events: readonly LabEvent[]): Promise<void> {
  // The first of all answers is waited for: there is nothing else to show.
  if (client.getQueryData(queryKey) === undefined) return;
  await client.cancelQueries({ queryKey });
  client.setQueryData<LabDetail>(queryKey, (known) => (known === undefined ? known : withEvents(known, events)));
}

function withEvents(detail: LabDetail, events: readonly LabEvent[]): LabDetail {
  const states = new Map(
    events.flatMap(({ type, subject }) =>
      type === "link.up" || type === "link.down" ? [[subject, type === "link.up" ? "up" : "down"] as const] : [],
    ),
  );
  const nodes = new Map(
    events.flatMap(({ type, subject, data }) =>
      type === "node.failed"
        ? [[subject, "failed"] as const]
        : type === "node.changed" && data?.["state"] !== undefined
          ? [[subject, data["state"] as NodeStatus["state"]] as const]
          : [],
    ),
  );
  if (states.size === 0 && nodes.size === 0) return detail;
  return {
    ...detail,
    nodeStatus:
      nodes.size === 0
        ? detail.nodeStatus
        : detail.nodeStatus.map((node) => {
            const state = nodes.get(node.name);
            return state === undefined || state === node.state ? node : { ...node, state };
          }),
    linkStatus:
      states.size === 0
        ? detail.linkStatus
        : detail.linkStatus.map((link) => {
            const state = states.get(link.id);
            return state === undefined || state === link.state ? link : { ...link, state };
          }),
  };
}
