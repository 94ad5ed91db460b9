import { Group, NumberInput, Progress, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Project, Quota } from "../../../src/api/index.ts";
import { usageQuery } from "../api/queries.ts";
import { bytesText, gibibyte } from "../shell/amounts.ts";
import { Trouble } from "../shell/states.tsx";
import { ProjectForm } from "./ProjectForm.tsx";

type Key = keyof Quota;

type Kind = {
  readonly title: string;
  /** Of what is entered, in what is kept. */
  readonly unit: number;
  readonly suffix?: string;
  readonly text: (amount: number) => string;
};

const plain = (amount: number): string => String(Number(amount.toFixed(2)));
const kinds = {
  labs: { title: "Labs", unit: 1, text: plain },
  nodes: { title: "Nodes", unit: 1, text: plain },
  cpus: { title: "Processors", unit: 1, text: plain },
  memoryBytes: { title: "Memory", unit: gibibyte, suffix: " GiB", text: bytesText },
  captures: { title: "Captures at once", unit: 1, text: plain },
} as const satisfies Readonly<Record<Key, Kind>>;
const keys = Object.keys(kinds) as readonly Key[];

/** What all labs of a project use together, of what they may. */
export function Quotas({ project, mayChange }: { readonly project: Project; readonly mayChange: boolean }) {
  const usage = useQuery(usageQuery(project.name));
  const [limits, setLimits] = useState<Quota>(project.quota);
  return (
    <ProjectForm
      project={project}
      change={{ quota: limits }}
      isChanged={keys.some((key) => limits[key] !== project.quota[key])}
      verb="Save quotas"
      whyNot={mayChange ? undefined : "Server administrators set the limits."}
    >
      <Table maw={660} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={160}>Of</Table.Th>
            <Table.Th>Used</Table.Th>
            <Table.Th w={170}>Limit</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key} h={42}>
              <Table.Td>{kinds[key].title}</Table.Td>
              <Table.Td>
                <Used kind={kinds[key]} used={usage.data?.[key]} limit={project.quota[key]} />
              </Table.Td>
              <Table.Td>
                {mayChange ? (
                  <Limit
                    kind={kinds[key]}
                    limit={limits[key]}
                    onChange={(limit) => {
                      const { [key]: _, ...others } = limits;
                      setLimits(limit === undefined ? others : { ...others, [key]: limit });
                    }}
                  />
                ) : (
                  limitText(kinds[key], project.quota[key])
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {usage.isError && <Trouble error={usage.error} onRetry={() => void usage.refetch()} />}
    </ProjectForm>
  );
}

const limitText = (kind: Kind, limit: number | undefined): string =>
  limit === undefined ? "no limit" : kind.text(limit);

function Limit({
  kind,
  limit,
  onChange,
}: {
  readonly kind: Kind;
  readonly limit: number | undefined;
  readonly onChange: (limit: number | undefined) => void;
}) {
  return (
    <NumberInput
      size="xs"
      aria-label={`Limit of ${kind.title.toLowerCase()}`}
      placeholder="no limit"
      min={0}
      allowNegative={false}
      decimalScale={kind.title === "Memory" || kind.title === "Processors" ? 2 : 0}
      suffix={kind.suffix ?? ""}
      value={limit === undefined ? "" : limit / kind.unit}
      onChange={(value) => onChange(value === "" ? undefined : roundedTo(Number(value) * kind.unit, kind.unit))}
    />
  );
}

/** Bytes are whole. */
const roundedTo = (amount: number, unit: number): number => (unit === 1 ? amount : Math.round(amount));

function Used({
  kind,
  used,
  limit,
}: {
  readonly kind: Kind;
  readonly used: number | undefined;
  readonly limit: number | undefined;
}) {
  if (used === undefined) return <Text size="sm">…</Text>;
  if (limit === undefined) return <Text size="sm">{kind.text(used)}</Text>;
  const share = limit === 0 ? 100 : Math.min(100, (used / limit) * 100);
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress
        value={share}
        color={share >= 100 ? "red" : share >= 80 ? "yellow" : "blue"}
        w={140}
        aria-label={`${kind.title} used`}
      />
      <Text size="sm">
        {kind.text(used)} of {kind.text(limit)}
      </Text>
    </Group>
  );
}
