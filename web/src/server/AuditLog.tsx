import { Badge, Code, Group, Switch, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { apiPrefix } from "../api/call.ts";
import { auditQuery } from "../api/queries.ts";
import { List } from "../shell/List.tsx";
import { Time } from "../shell/Time.tsx";

const pauseMs = 300;
/** How somebody signed in, or tried to, by where they did. */
const signIns: ReadonlyMap<string, string> = new Map([
  [`${apiPrefix}/session`, "sign-in by password"],
  [`${apiPrefix}/session/keystone`, "sign-in by Keystone"],
  [`${apiPrefix}/session/link`, "sign-in by a link"],
  ["/auth/oidc/back", "sign-in by OpenID Connect"],
]);
const columns = [{ title: "When", width: 220 }, "Who", "What", { title: "Outcome", width: 140 }, "From"];

/** Every change that somebody asked for, and every sign-in, done or refused. */
export function AuditLog() {
  const [user, setUser] = useState("");
  const [target, setTarget] = useState("");
  const [refused, setRefused] = useState(false);
  const [filter] = useDebouncedValue({ user: user.trim(), target: target.trim(), refused }, pauseMs);
  const log = useInfiniteQuery({ ...auditQuery(filter), placeholderData: keepPreviousData });
  return (
    <>
      <Group mb="sm" align="flex-end">
        <TextInput
          label="User"
          placeholder="anybody"
          value={user}
          onChange={({ currentTarget }) => setUser(currentTarget.value)}
        />
        <TextInput
          label="Target has"
          placeholder="for example /labs"
          value={target}
          onChange={({ currentTarget }) => setTarget(currentTarget.value)}
        />
        <Switch
          label="Only what was refused"
          mb={8}
          checked={refused}
          onChange={({ currentTarget }) => setRefused(currentTarget.checked)}
        />
      </Group>
      <List
        list={log}
        what="the audit log"
        columns={columns}
        minWidth={640}
        isDense
        empty={
          <Text c="dimmed" ta="center" my="xl">
            Nothing of this is in the log.
          </Text>
        }
      >
        {({ id, at, user: who, action, target: what, status, address }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Time text={at} isExact />
            </Table.Td>
            <Table.Td>{who === "" ? "nobody" : who}</Table.Td>
            <Table.Td>
              <Code style={{ overflowWrap: "anywhere" }}>
                {action} {readable(what)}
              </Code>
              {signIns.has(what) && action !== "DELETE" && (
                <Text size="xs" c="dimmed">
                  {signIns.get(what)}
                </Text>
              )}
            </Table.Td>
            <Table.Td>
              <Outcome status={status} />
            </Table.Td>
            <Table.Td>{address}</Table.Td>
          </Table.Tr>
        )}
      </List>
    </>
  );
}

/** What was asked for, as people write it: names in a path are encoded (RFC 3986, 2.1), and all are below one place. */
function readable(path: string): string {
  const short = path.startsWith(apiPrefix) ? path.slice(apiPrefix.length) : path;
  try {
    return decodeURIComponent(short);
  } catch {
    // Not encoded as it should be, which is why it was refused.
    return short;
  }
}

function Outcome({ status }: { readonly status: number }) {
  const [colour, word] = status < 400 ? ["green", "done"] : status < 500 ? ["yellow", "refused"] : ["red", "failed"];
  return (
    <Badge variant="light" color={colour} tt="none" title={`Status ${status}`}>
      {word} ({status})
    </Badge>
  );
}
