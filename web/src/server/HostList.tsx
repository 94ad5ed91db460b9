import { Badge, Progress, Table, Text } from "@mantine/core";
import { IconCircleCheck, IconPlugConnectedX } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Host } from "../../../src/api/index.ts";
import { hostsQuery } from "../api/queries.ts";
import { bytesText } from "../shell/amounts.ts";
import { List } from "../shell/List.tsx";
import { Empty } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";

const columns = ["Host", "State", "Labs", "Load", "Memory", "Free disk", "Version"];

/** The machines that labs run on, as they are now. */
export function HostList() {
  const hosts = useInfiniteQuery({ ...hostsQuery, refetchInterval: 10_000 });
  return (
    <List
      list={hosts}
      what="the hosts"
      columns={columns}
      minWidth={700}
      empty={
        <Empty title="No hosts">
          <Text c="dimmed">No machine has made itself known to run labs.</Text>
        </Empty>
      }
    >
      {(host) => "kernel" in host && <Row key={host.name} host={host} />}
    </List>
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
