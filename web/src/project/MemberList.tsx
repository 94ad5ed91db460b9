import { Badge, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { membersQuery } from "../api/queries.ts";
import { Empty, Loading, Trouble } from "../shell/states.tsx";

export function MemberList({ project }: { readonly project: string }) {
  const members = useQuery(membersQuery(project));
  if (members.isPending) return <Loading what="the members" />;
  if (members.isError) return <Trouble error={members.error} onRetry={() => void members.refetch()} />;
  if (members.data.items.length === 0)
    return (
      <Empty title="No members">
        <Text c="dimmed">Only server administrators see this project.</Text>
      </Empty>
    );
  return (
    <Table verticalSpacing="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>Role</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {members.data.items.map(({ user, role }) => (
          <Table.Tr key={user.id}>
            <Table.Td>{user.displayName === "" ? user.name : `${user.displayName} (${user.name})`}</Table.Td>
            <Table.Td>
              <Badge variant="light" tt="none">
                {role}
              </Badge>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
