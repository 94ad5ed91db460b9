import { Badge, Button, Group, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usersQuery } from "../api/queries.ts";
import { actions, List } from "../shell/List.tsx";
import { Time } from "../shell/Time.tsx";
import { NewUser } from "./NewUser.tsx";
import { UserMenu } from "./UserMenu.tsx";

const columns = ["Name", "Full name", "Rights", "Made", actions(60)];

/** All who may sign in, and whoever may no more. */
export function UserList({ self }: { readonly self: string }) {
  const users = useInfiniteQuery(usersQuery);
  const [isMaking, making] = useDisclosure();
  const [entered, setEntered] = useState("");
  const sought = entered.trim();
  return (
    <>
      <Group justify="space-between" mb="sm">
        <TextInput
          aria-label="Find a user"
          placeholder="Find a user"
          leftSection={<IconSearch size={16} />}
          value={entered}
          onChange={({ currentTarget }) => setEntered(currentTarget.value)}
        />
        <Button leftSection={<IconPlus size={16} />} onClick={making.open}>
          New user
        </Button>
      </Group>
      <List
        list={users}
        what="the users"
        columns={columns}
        minWidth={600}
        shows={({ name, displayName }) => `${name}\n${displayName}`.toLowerCase().includes(sought.toLowerCase())}
        empty={
          <Text c="dimmed" ta="center" mt="md">
            Nobody {users.hasNextPage ? "of those shown " : ""}has “{sought}” in their name.
          </Text>
        }
      >
        {(user) => (
          <Table.Tr key={user.id}>
            <Table.Td fw={600}>{user.name}</Table.Td>
            <Table.Td>{user.displayName}</Table.Td>
            <Table.Td>
              <Group gap={6}>
                {user.isAdmin && (
                  <Badge variant="light" tt="none">
                    administrator
                  </Badge>
                )}
                {user.isDisabled && (
                  <Badge variant="light" color="red" tt="none">
                    disabled
                  </Badge>
                )}
              </Group>
            </Table.Td>
            <Table.Td>
              <Time text={user.createdAt} />
            </Table.Td>
            <Table.Td>
              <UserMenu user={user} isSelf={user.name === self} />
            </Table.Td>
          </Table.Tr>
        )}
      </List>
      <NewUser isOpen={isMaking} onClose={making.close} />
    </>
  );
}
