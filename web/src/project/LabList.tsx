import { Button, Card, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { ControlledLab } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { labsQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { Empty, Loading, Trouble } from "../shell/states.tsx";
import { examples } from "./examples.ts";
import { LabStateBadge } from "./lab-state.tsx";

/** The labs of a project, as they are now. */
export function LabList({
  project,
  mayChange,
  progress,
  onTopologies,
}: {
  readonly project: string;
  readonly mayChange: boolean;
  /** What is being done, by lab. */
  readonly progress: Readonly<Record<string, string>>;
  readonly onTopologies: () => void;
}) {
  const labs = useQuery(labsQuery(project));
  if (labs.isPending) return <Loading what="the labs" />;
  if (labs.isError) return <Trouble error={labs.error} onRetry={() => void labs.refetch()} />;
  if (labs.data.items.length === 0)
    return (
      <Empty title="No labs yet">
        {mayChange ? (
          <Stack align="center">
            <Text c="dimmed" ta="center">
              Draw a topology and deploy it, or deploy one of these:
            </Text>
            <Examples project={project} />
            <Button variant="default" onClick={onTopologies}>
              Draw a topology
            </Button>
          </Stack>
        ) : (
          <Text c="dimmed">Nobody has deployed a lab here. You may look at labs, not deploy them.</Text>
        )}
      </Empty>
    );
  return (
    <Table highlightOnHover verticalSpacing="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th w={150}>State</Table.Th>
          <Table.Th>Size</Table.Th>
          <Table.Th>From</Table.Th>
          <Table.Th>Owner</Table.Th>
          <Table.Th w={190}>
            <span className="hidden-text">Actions</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {labs.data.items.map((lab) => (
          <Row key={lab.id} project={project} lab={lab} mayChange={mayChange} progress={progress[lab.name]} />
        ))}
      </Table.Tbody>
    </Table>
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
        {lab.topology === undefined ? "a text" : `${lab.topology.name}, version ${lab.topology.version}`}
      </Table.Td>
      <Table.Td>{lab.owner}</Table.Td>
      <Table.Td>{mayChange && <LabActions project={project} lab={lab} />}</Table.Td>
    </Table.Tr>
  );
}

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
  const [asks, setAsks] = useState(false);
  const params = { project, lab: lab.name };
  const inStep = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["labs", project] }),
      client.invalidateQueries({ queryKey: ["lab", project, lab.name] }),
    ]);
  const stop = useMutation({
    mutationFn: () => call("POST", "/projects/:project/labs/:lab/stop", { params }),
    onSettled: inStep,
  });
  const start = useMutation({
    mutationFn: () => call("POST", "/projects/:project/labs/:lab/start", { params }),
    onSettled: inStep,
  });
  const remove = useMutation({
    mutationFn: () => call("DELETE", "/projects/:project/labs/:lab", { params }),
    onSuccess: () => {
      setAsks(false);
      onDeleted?.();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["labs", project] }),
  });
  const runs = lab.state === "running" || lab.state === "unresponsive";
  const rests = lab.state === "stopped" || lab.state === "failed";
  const error = stop.error ?? start.error;
  return (
    <Group gap={6} wrap="nowrap" justify="flex-end">
      {error !== null && (
        <Text size="xs" c="red" role="alert" lineClamp={2}>
          {error.message}
        </Text>
      )}
      {runs && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerStop size={14} />}
          loading={stop.isPending}
          onClick={() => stop.mutate()}
          aria-label={`Stop lab ${lab.name}`}
        >
          Stop
        </Button>
      )}
      {rests && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={start.isPending}
          onClick={() => start.mutate()}
          aria-label={`Start lab ${lab.name}`}
        >
          Start
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        leftSection={<IconTrash size={14} />}
        onClick={() => setAsks(true)}
        aria-label={`Delete lab ${lab.name}`}
      >
        Delete
      </Button>
      <Ask
        isOpen={asks}
        title={`Delete lab ${lab.name}?`}
        verb="Delete lab"
        isBusy={remove.isPending}
        error={remove.error}
        onYes={() => remove.mutate()}
        onNo={() => setAsks(false)}
      >
        It is taken down, and what ran in its nodes is lost. Topologies stay.
      </Ask>
    </Group>
  );
}

/** Labs that deploy by one click. */
function Examples({ project }: { readonly project: string }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const deploy = useMutation({
    mutationFn: ({ name, text }: { readonly name: string; readonly text: string }) =>
      call("POST", "/projects/:project/labs", { params: { project }, body: { name, text } }),
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ["labs", project] });
      navigate(`/projects/${project}/labs/${name}`);
    },
  });
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
