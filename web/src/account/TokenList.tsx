import { Badge, Button, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Token } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { tokensQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { Loading, Trouble } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";
import { NewToken } from "./NewToken.tsx";

/** One's own tokens: without their secrets, which nobody has but who made them. */
export function TokenList() {
  const tokens = useQuery(tokensQuery);
  const [isMaking, making] = useDisclosure();
  if (tokens.isPending) return <Loading what="your tokens" />;
  if (tokens.isError) return <Trouble error={tokens.error} onRetry={() => void tokens.refetch()} />;
  return (
    <>
      {tokens.data.items.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Scope</Table.Th>
                <Table.Th>Made</Table.Th>
                <Table.Th>Used last</Table.Th>
                <Table.Th>Ends</Table.Th>
                <Table.Th w={110}>
                  <span className="hidden-text">Actions</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tokens.data.items.map((token) => (
                <Row key={token.id} token={token} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {tokens.data.items.length === 0 && (
        <Text size="sm" mb="md">
          You have no tokens.
        </Text>
      )}
      <Button mt="sm" variant="default" leftSection={<IconPlus size={16} />} onClick={making.open}>
        New token
      </Button>
      <NewToken isOpen={isMaking} onClose={making.close} />
    </>
  );
}

function Row({ token }: { readonly token: Token }) {
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const revoke = useMutation({
    mutationFn: () => call("DELETE", "/tokens/:token", { params: { token: token.id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const isOver = token.expiresAt !== undefined && new Date(token.expiresAt).getTime() < Date.now();
  return (
    <Table.Tr>
      <Table.Td>{token.name}</Table.Td>
      <Table.Td>
        <Badge variant="light" tt="none">
          {token.scope}
        </Badge>
      </Table.Td>
      <Table.Td>
        <Time text={token.createdAt} />
      </Table.Td>
      <Table.Td>{token.lastUsedAt === undefined ? "never" : <Time text={token.lastUsedAt} />}</Table.Td>
      <Table.Td>
        {token.expiresAt === undefined ? "never" : <Time text={token.expiresAt} />}
        {isOver && (
          <Badge ml="xs" color="gray" variant="light" tt="none">
            over
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          onClick={() => setAsks(true)}
          aria-label={`Revoke token ${token.name}`}
        >
          Revoke
        </Button>
        <Ask
          isOpen={asks}
          title={`Revoke token ${token.name}?`}
          verb="Revoke token"
          isBusy={revoke.isPending}
          error={revoke.error}
          onYes={() => revoke.mutate()}
          onNo={() => setAsks(false)}
        >
          Whatever uses it is let in no more, from now on.
        </Ask>
      </Table.Td>
    </Table.Tr>
  );
}
