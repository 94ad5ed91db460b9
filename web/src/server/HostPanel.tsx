import { Anchor, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { hostQuery } from "../api/queries.ts";
import { Loading, Trouble } from "../shell/states.tsx";

/** The server itself. */
export function HostPanel() {
  const host = useQuery({ ...hostQuery, refetchInterval: 10_000 });
  if (host.isPending) return <Loading what="the server's state" />;
  if (host.isError) return <Trouble error={host.error} onRetry={() => void host.refetch()} />;
  return (
    <Table variant="vertical" withTableBorder maw={520}>
      <Table.Tbody>
        <Table.Tr>
          <Table.Th w={160}>Netwright</Table.Th>
          <Table.Td>{host.data.version}</Table.Td>
        </Table.Tr>
        <Table.Tr>
          <Table.Th>Labs</Table.Th>
          <Table.Td>{host.data.labs}</Table.Td>
        </Table.Tr>
        <Table.Tr>
          <Table.Th>Address</Table.Th>
          <Table.Td>{location.origin}</Table.Td>
        </Table.Tr>
        <Table.Tr>
          <Table.Th>API</Table.Th>
          <Table.Td>
            <Anchor href="/api/v1/openapi.json" size="sm">
              OpenAPI
            </Anchor>
          </Table.Td>
        </Table.Tr>
      </Table.Tbody>
    </Table>
  );
}
