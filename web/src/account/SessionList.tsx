import { Badge, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { call } from "../api/call.ts";
import { sessionsQuery } from "../api/queries.ts";
import { actions, List } from "../shell/List.tsx";
import { RemoveButton } from "../shell/RemoveButton.tsx";
import { Time } from "../shell/Time.tsx";

const columns = ["Browser", "Address", "Since", "Until", actions(110)];

/** Where one is signed in. */
export function SessionList() {
  const sessions = useInfiniteQuery(sessionsQuery);
  return (
    <List list={sessions} what="your sessions" columns={columns} minWidth={560} empty={null}>
      {({ id, agent, address, createdAt, expiresAt, isThis }) => (
        <Table.Tr key={id}>
          <Table.Td title={agent}>{browserOf(agent)}</Table.Td>
          <Table.Td>{address}</Table.Td>
          <Table.Td>
            <Time text={createdAt} />
          </Table.Td>
          <Table.Td>
            <Time text={expiresAt} />
          </Table.Td>
          <Table.Td>
            {isThis ? (
              <Badge variant="light" tt="none">
                this one
              </Badge>
            ) : (
              <RemoveButton
                verb="End"
                what="session"
                name={`of ${browserOf(agent)} at ${address}`}
                question="Sign out there?"
                remove={() => call("DELETE", "/sessions/:session", { params: { session: id } })}
                stale={[sessionsQuery.queryKey]}
              >
                Terminals and captures that are open in {browserOf(agent)} at {address} close.
              </RemoveButton>
            )}
          </Table.Td>
        </Table.Tr>
      )}
    </List>
  );
}

/** By what browsers and systems call themselves (User-Agent, RFC 9110, 10.1.5); who pretends to be another, before that. */
const browsers = { Edge: /Edg/, Firefox: /Firefox/, Chromium: /Chrom/, Safari: /Safari/ };
const systems = { Android: /Android/, iOS: /iPhone|iPad/, Windows: /Windows/, macOS: /Mac OS/, Linux: /Linux/ };

function browserOf(agent: string): string {
  const named = (known: Readonly<Record<string, RegExp>>) =>
    Object.entries(known).find(([, pattern]) => pattern.test(agent))?.[0];
  const [browser, system] = [named(browsers), named(systems)];
  if (browser === undefined) return agent === "" ? "unknown" : agent.slice(0, 40);
  return system === undefined ? browser : `${browser} on ${system}`;
}
