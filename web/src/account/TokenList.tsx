import { Badge, Button, Group, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Token } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { tokensQuery } from "../api/queries.ts";
import { actions, List } from "../shell/List.tsx";
import { RemoveButton } from "../shell/RemoveButton.tsx";
import { Time } from "../shell/Time.tsx";
import { NewToken } from "./NewToken.tsx";

const columns = ["Name", "Scope", "Made", "Used last", "Ends", actions(110)];

/** One's own tokens: without their secrets, which nobody has but who made them. */
export function TokenList() {
  const tokens = useInfiniteQuery(tokensQuery);
  const [isMaking, making] = useDisclosure();
  const make = (
    <Button variant="default" leftSection={<IconPlus size={16} />} onClick={making.open}>
      New token
    </Button>
  );
  return (
    <>
      {tokens.data !== undefined && tokens.data.length > 0 && <Group>{make}</Group>}
      <List
        list={tokens}
        what="your tokens"
        columns={columns}
        minWidth={560}
        empty={
          <>
            <Text size="sm" mb="md">
              You have no tokens.
            </Text>
            {make}
          </>
        }
      >
        {(token) => <Row key={token.id} token={token} />}
      </List>
      <NewToken isOpen={isMaking} onClose={making.close} />
    </>
  );
}

function Row({ token }: { readonly token: Token }) {
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
        <RemoveButton
          verb="Revoke"
          what="token"
          name={token.name}
          remove={() => call("DELETE", "/tokens/:token", { params: { token: token.id } })}
          stale={[tokensQuery.queryKey]}
        >
          Whatever uses it is let in no more, from now on.
        </RemoveButton>
      </Table.Td>
    </Table.Tr>
  );
}
