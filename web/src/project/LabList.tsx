import { Button, Card, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { ControlledLab } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { labQuery, labsQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { actions, List } from "../shell/List.tsx";
import { Empty, Trouble } from "../shell/states.tsx";
import { DeleteLab } from "./DeleteLab.tsx";
import { useDeployFile } from "./deploy.ts";
import { examples } from "./examples.ts";
import { LabStateBadge } from "./lab-state.tsx";
import { NewLab } from "./NewLab.tsx";

const columns = ["Name", { title: "State", width: 150 }, "Size", "From", "Owner", actions(190)];

/** The labs of a project, as they are now. */
export function LabList({
  project,
  mayChange,
  progress,
}: {
  readonly project: string;
  readonly mayChange: boolean;
  /** What is being done, by lab. */
  readonly progress: Readonly<Record<string, string>>;
}) {
  const labs = useInfiniteQuery(labsQuery(project));
  return (
    <>
      {mayChange && labs.data !== undefined && labs.data.length > 0 && (
        <Group justify="flex-end" mb="sm">
          <NewLab project={project} />
        </Group>
      )}
      <List
        list={labs}
        what="the labs"
        columns={columns}
        minWidth={720}
        empty={
          <Empty title="No labs yet">
            {mayChange ? (
              <Stack align="center">
                <Text c="dimmed" ta="center">
                  Draw a topology, or deploy one of these, which is then a topology of yours:
                </Text>
                <Examples project={project} />
                <NewLab project={project} isFirst />
              </Stack>
            ) : (
              <Text c="dimmed">Nobody has deployed a lab here. You may look at labs, not deploy them.</Text>
            )}
          </Empty>
        }
      >
        {(lab) => <Row key={lab.id} project={project} lab={lab} mayChange={mayChange} progress={progress[lab.name]} />}
      </List>
    </>
  );
}

function Row({
  project,
  lab,
  mayChange,
  progress,
}: {
  readonly project: string;
  readonly lab: ControlledLab;
  readonly mayChange: boolean;
  readonly progress: string | undefined;
}) {
  const size = `${lab.nodes} ${lab.nodes === 1 ? "node" : "nodes"}, ${lab.links} ${lab.links === 1 ? "link" : "links"}`;
  return (
    <Table.Tr>
      <Table.Td>
        <Link href={`/projects/${project}/labs/${lab.name}`} className="row-link">
          {lab.name}
        </Link>
        {lab.problem !== undefined && (
          <Text size="xs" c="red" lineClamp={2}>
            {lab.problem.message}
          </Text>
        )}
        {lab.state === "deploying" && progress !== undefined && (
          <Text size="xs" c="dimmed">
            {progress}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <LabStateBadge state={lab.state} />
      </Table.Td>
      <Table.Td>{size}</Table.Td>
      <Table.Td>
        {lab.topology === undefined
          ? "a file"
          : `${lab.topology.name}, version ${lab.topology.version}${lab.topology.isChanged ? ", changed" : ""}`}
      </Table.Td>
      <Table.Td>{lab.owner}</Table.Td>
      <Table.Td>{mayChange && <LabActions project={project} lab={lab} />}</Table.Td>
    </Table.Tr>
  );
}

const words = { stop: "Stop", start: "Start" } as const;

/** To stop, start and delete a lab. */
export function LabActions({
  project,
  lab,
  onDeleted,
}: {
  readonly project: string;
  readonly lab: ControlledLab;
  readonly onDeleted?: () => void;
}) {
  const client = useQueryClient();
  const params = { project, lab: lab.name };
  const labs = labsQuery(project).queryKey;
  const [asks, setAsks] = useState(false);
  const change = useMutation({
    mutationFn: (verb: "start" | "stop") => call("POST", `/projects/:project/labs/:lab/${verb}`, { params }),
    onSuccess: () => setAsks(false),
    onSettled: () =>
      Promise.all(
        [labs, labQuery({ project, lab: lab.name }).queryKey].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
  });
  const runs = lab.state === "running" || lab.state === "unresponsive";
  const rests = lab.state === "stopped" || lab.state === "failed";
  const verb = runs ? "stop" : rests ? "start" : undefined;
  return (
    <Group gap={6} wrap="nowrap" justify="flex-end">
      {change.isError && !asks && (
        <Text size="xs" c="red" role="alert" lineClamp={2}>
          {change.error.message}
        </Text>
      )}
      {verb !== undefined && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={verb === "stop" ? <IconPlayerStop size={14} /> : <IconPlayerPlay size={14} />}
          loading={change.isPending}
          onClick={() => (verb === "stop" ? setAsks(true) : change.mutate(verb))}
          aria-label={`${words[verb]} lab ${lab.name}`}
        >
          {words[verb]}
        </Button>
      )}
      <Ask
        isOpen={asks}
        title={`Stop lab ${lab.name}?`}
        verb="Stop lab"
        action={change}
        onYes={() => change.mutate("stop")}
        onNo={() => setAsks(false)}
      >
        What runs in its nodes ends, and files that were written there are lost. It can be started anew.
      </Ask>
      <DeleteLab project={project} lab={lab} onDeleted={onDeleted} />
    </Group>
  );
}

/** Labs that deploy by one click. */
function Examples({ project }: { readonly project: string }) {
  const deploy = useDeployFile(project);
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 3 }} w={{ base: 320, sm: 640 }}>
        {examples.map((example) => (
          <Card key={example.name} withBorder padding="sm">
            <Text fw={600}>{example.title}</Text>
            <Text size="sm" c="dimmed" mb="sm" style={{ flexGrow: 1 }}>
              {example.about}
            </Text>
            <Button
              size="xs"
              variant="light"
              loading={deploy.isPending && deploy.variables.name === example.name}
              onClick={() => deploy.mutate(example)}
              aria-label={`Deploy the example ${example.title}`}
            >
              Deploy
            </Button>
          </Card>
        ))}
      </SimpleGrid>
      {deploy.isError && <Trouble error={deploy.error} />}
    </>
  );
}
