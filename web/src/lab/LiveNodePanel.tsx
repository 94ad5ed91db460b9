import { Badge, Button, Group, Stack, Table, Text } from "@mantine/core";
import { IconTerminal2 } from "@tabler/icons-react";
import type { NodeStatus, ProcessStatus } from "../../../src/api/index.ts";
import { lookOf } from "../graph/kinds.tsx";
import type { LabVerbs } from "./verbs.ts";

const words: Readonly<Record<NodeStatus["state"], string>> = {
  none: "forwards",
  idle: "runs, with no programs",
  running: "runs",
  paused: "paused",
  failed: "failed",
  off: "off",
};

/** A node as it is. */
export function LiveNodePanel({
  node,
  processes,
  mayChange,
  verbs,
}: {
  readonly node: NodeStatus;
  readonly processes: readonly ProcessStatus[];
  readonly mayChange: boolean;
  readonly verbs: LabVerbs;
}) {
  const { name, kind, state, engine, accelerator, driver, interfaces } = node;
  const how = [engine, accelerator, driver].filter((one) => one !== undefined).join(", ");
  const isOff = state === "off" || state === "failed";
  return (
    <Stack gap="sm">
      <Text size="sm">
        {lookOf(kind).title}
        {how === "" ? "" : ` (${how})`}: {words[state]}
      </Text>
      {mayChange && state !== "none" && (
        <Group gap={6}>
          {engine === "vm" ? (
            <Button size="compact-sm" leftSection={<IconTerminal2 size={14} />} onClick={() => verbs.openConsole(name)}>
              Console
            </Button>
          ) : (
            <Button
              size="compact-sm"
              disabled={isOff}
              leftSection={<IconTerminal2 size={14} />}
              onClick={() => verbs.openTerminal(name)}
            >
              Terminal
            </Button>
          )}
          {isOff ? (
            <Button size="compact-sm" variant="default" onClick={() => verbs.act(name, "start")}>
              Start
            </Button>
          ) : (
            <>
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => verbs.act(name, state === "paused" ? "resume" : "pause")}
              >
                {state === "paused" ? "Resume" : "Pause"}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => verbs.act(name, "restart")}>
                Restart
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => verbs.act(name, "stop")}>
                Stop
              </Button>
            </>
          )}
        </Group>
      )}
      <Table fz="xs" verticalSpacing={3} horizontalSpacing={4} layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={64}>{state === "none" ? "Port" : "Interface"}</Table.Th>
            <Table.Th>{state === "none" ? "VLANs" : "Addresses"}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {interfaces.map((one) => (
            <Table.Tr key={one.name}>
              <Table.Td>{one.name}</Table.Td>
              <Table.Td className="break">
                {[...one.addresses, ...(one.vlans === undefined ? [] : [one.vlans])].map((text) => (
                  <div key={text}>{text}</div>
                ))}
                {one.link === undefined && one.name !== "lo" && (
                  <Text span size="xs" c="dimmed">
                    unplugged
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {processes.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            Processes
          </Text>
          {processes.map((process) => (
            <Group key={`${process.origin} ${process.name}`} justify="space-between" gap={6} wrap="nowrap">
              <Text size="xs" truncate>
                {process.name}
              </Text>
              <Badge
                size="xs"
                variant="light"
                tt="none"
                color={process.state === "ready" ? "green" : process.state === "failed" ? "red" : "gray"}
              >
                {process.state}
                {process.exitCode === undefined ? "" : ` ${process.exitCode}`}
              </Badge>
            </Group>
          ))}
        </div>
      )}
    </Stack>
  );
}
