import { Button, Group, NumberInput, Progress, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Project, Quota } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { projectQuery, usageQuery } from "../api/queries.ts";
import { Trouble } from "../shell/states.tsx";

type Key = keyof Quota;

/** What each is called, and of how many the numbers are that people see. */
const amounts = {
  labs: { word: "Labs", unit: 1 },
  nodes: { word: "Nodes", unit: 1 },
  cpus: { word: "Processors", unit: 1 },
  memoryBytes: { word: "Memory, MiB", unit: 2 ** 20 },
  captures: { word: "Captures", unit: 1 },
} as const satisfies Readonly<Record<Key, { readonly word: string; readonly unit: number }>>;
const keys = Object.keys(amounts) as readonly Key[];
const shown = (key: Key, amount: number | undefined): number | undefined =>
  amount === undefined ? undefined : Math.round((amount / amounts[key].unit) * 1000) / 1000;

/** What all labs of a project use together, of what they may. */
export function Quotas({ project, mayChange }: { readonly project: Project; readonly mayChange: boolean }) {
  const client = useQueryClient();
  const usage = useQuery(usageQuery(project.name));
  const [limits, setLimits] = useState<Quota>(project.quota);
  const save = useMutation({
    mutationFn: () =>
      call("PATCH", "/projects/:project", {
        params: { project: project.name },
        body: { quota: limits },
        ifMatch: project.revision,
      }),
    onSuccess: (changed) => client.setQueryData(projectQuery(project.name).queryKey, changed),
  });
  const isSame = keys.every((key) => limits[key] === project.quota[key]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" align="flex-start">
        <Table maw={620} verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={130}>Of</Table.Th>
              <Table.Th>Used</Table.Th>
              <Table.Th w={170}>Limit</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.map((key) => (
              <Table.Tr key={key}>
                <Table.Td>{amounts[key].word}</Table.Td>
                <Table.Td>
                  <Used
                    what={amounts[key].word}
                    used={shown(key, usage.data?.[key])}
                    limit={shown(key, project.quota[key])}
                  />
                </Table.Td>
                <Table.Td>
                  {mayChange ? (
                    <NumberInput
                      size="xs"
                      aria-label={`Limit of ${key}`}
                      placeholder="no limit"
                      min={0}
                      allowDecimal={key === "cpus"}
                      allowNegative={false}
                      value={shown(key, limits[key]) ?? ""}
                      onChange={(value) => {
                        const { [key]: _, ...others } = limits;
                        setLimits(value === "" ? others : { ...others, [key]: Number(value) * amounts[key].unit });
                      }}
                    />
                  ) : (
                    (shown(key, project.quota[key]) ?? "no limit")
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {save.isError && <Trouble error={save.error} />}
        {mayChange ? (
          <Button type="submit" loading={save.isPending} disabled={isSame}>
            Save quotas
          </Button>
        ) : (
          <Text size="sm" c="dimmed">
            Server administrators set the limits.
          </Text>
        )}
      </Stack>
    </form>
  );
}

function Used({
  what,
  used,
  limit,
}: {
  readonly what: string;
  readonly used: number | undefined;
  readonly limit: number | undefined;
}) {
  if (used === undefined) return <Text size="sm">…</Text>;
  if (limit === undefined) return <Text size="sm">{used}</Text>;
  const share = limit === 0 ? 100 : Math.min(100, (used / limit) * 100);
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress
        value={share}
        color={share >= 100 ? "red" : share >= 80 ? "yellow" : "blue"}
        w={140}
        aria-label={`${what} used`}
      />
      <Text size="sm">
        {used} of {limit}
      </Text>
    </Group>
  );
}
