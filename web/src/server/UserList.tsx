import { Badge, Button, Group, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usersQuery } from "../api/queries.ts";
import { More } from "../shell/More.tsx";
import { Loading, Trouble } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";
import { NewUser } from "./NewUser.tsx";
import { UserMenu } from "./UserMenu.tsx";

/** All who may sign in, and whoever may no more. */
export function UserList({ self }: { readonly self: string }) {
  const users = useInfiniteQuery(usersQuery);
  const [isMaking, making] = useDisclosure();
  const [sought, setSought] = useState("");
  if (users.isPending) return <Loading what="the users" />;
  if (users.isError) return <Trouble error={users.error} onRetry={() => void users.refetch()} />;
  const all = users.data.pages.flatMap(({ items }) => items);
  const shown = all.filter(({ name, displayName }) =>
    `${name}\n${displayName}`.toLowerCase().includes(sought.trim().toLowerCase()),
  );
  return (
    <>
      <Group justify="space-between" mb="sm">
        <TextInput
          aria-label="Find a user"
          placeholder="Find a user"
          leftSection={<IconSearch size={16} />}
          value={sought}
          onChange={({ currentTarget }) => setSought(currentTarget.value)}
        />
        <Button leftSection={<IconPlus size={16} />} onClick={making.open}>
          New user
        </Button>
      </Group>
      <Table.ScrollContainer minWidth={600}>
        <Table highlightOnHover verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Full name</Table.Th>
              <Table.Th>Rights</Table.Th>
              <Table.Th>Made</Table.Th>
              <Table.Th w={60}>
                <span className="hidden-text">Actions</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((user) => (
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
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown.length === 0 && (
        <Text c="dimmed" ta="center" mt="md">
          Nobody {users.hasNextPage ? "of those shown " : ""}has “{sought.trim()}” in their name.
        </Text>
      )}
      <More list={users} />
      <NewUser isOpen={isMaking} onClose={making.close} />
    </>
  );
}
