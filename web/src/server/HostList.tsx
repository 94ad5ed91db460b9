import { Badge, Progress, Table, Text } from "@mantine/core";
import { IconCircleCheck, IconPlugConnectedX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Host } from "../../../src/api/index.ts";
import { hostsQuery } from "../api/queries.ts";
import { bytesText } from "../shell/amounts.ts";
import { Empty, Loading, Trouble } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";

/** The machines that labs run on, as they are now. */
export function HostList() {
  const hosts = useQuery({ ...hostsQuery, refetchInterval: 10_000 });
  if (hosts.isPending) return <Loading what="the hosts" />;
  if (hosts.isError) return <Trouble error={hosts.error} onRetry={() => void hosts.refetch()} />;
  if (hosts.data.items.length === 0)
    return (
      <Empty title="No hosts">
        <Text c="dimmed">No machine has made itself known to run labs.</Text>
      </Empty>
    );
  return (
    <Table.ScrollContainer minWidth={700}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Host</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Labs</Table.Th>
            <Table.Th>Load</Table.Th>
            <Table.Th>Memory</Table.Th>
            <Table.Th>Free disk</Table.Th>
            <Table.Th>Version</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {hosts.data.items.map((host) => (
            <Row key={host.name} host={host} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({ host }: { readonly host: Host }) {
  const used = host.memoryBytes - host.freeMemoryBytes;
  const isReady = host.state === "ready";
  return (
    <Table.Tr>
      <Table.Td fw={600}>{host.name}</Table.Td>
      <Table.Td>
        <Badge
          variant="light"
          tt="none"
          color={isReady ? "green" : "red"}
          leftSection={isReady ? <IconCircleCheck size={13} /> : <IconPlugConnectedX size={13} />}
        >
          {host.state}
        </Badge>
        {host.since !== undefined && (
          <Text size="xs" c="dimmed">
            since <Time text={host.since} />
          </Text>
        )}
      </Table.Td>
      <Table.Td>{host.labs}</Table.Td>
      <Table.Td>
        {host.load.toFixed(1)} on {host.cpus} {host.cpus === 1 ? "processor" : "processors"}
      </Table.Td>
      <Table.Td miw={130}>
        <Text size="sm">
          {bytesText(used)} of {bytesText(host.memoryBytes)}
        </Text>
        <Progress
          mt={4}
          size="sm"
          value={(used / Math.max(1, host.memoryBytes)) * 100}
          aria-label={`Memory of ${host.name} in use`}
        />
      </Table.Td>
      <Table.Td>{bytesText(host.freeDiskBytes)}</Table.Td>
      <Table.Td>
        {host.version}
        <Text size="xs" c="dimmed">
          Linux {host.kernel}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}
