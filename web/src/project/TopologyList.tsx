import { Button, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { Topology } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { topologiesQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { isName, nameRule } from "../shell/names.ts";
import { Empty, Loading, Trouble } from "../shell/states.tsx";
import { DeployDialog, type DeploySource } from "./DeployDialog.tsx";

/** The topologies of a project. */
export function TopologyList({ project, mayChange }: { readonly project: string; readonly mayChange: boolean }) {
  const topologies = useQuery(topologiesQuery(project));
  const [isMaking, making] = useDisclosure();
  const [deploys, setDeploys] = useState<Topology>();
  if (topologies.isPending) return <Loading what="the topologies" />;
  if (topologies.isError) return <Trouble error={topologies.error} onRetry={() => void topologies.refetch()} />;
  const make = mayChange && (
    <Button leftSection={<IconPlus size={16} />} onClick={making.open}>
      New topology
    </Button>
  );
  const source: DeploySource | undefined =
    deploys === undefined ? undefined : { topology: { name: deploys.name, version: deploys.version } };
  return (
    <>
      {topologies.data.items.length === 0 ? (
        <Empty title="No topologies yet">
          <Text c="dimmed" ta="center">
            A topology is a lab file with all its versions. Draw one, or write it.
          </Text>
          {make}
        </Empty>
      ) : (
        <>
          <Group justify="flex-end" mb="sm">
            {make}
          </Group>
          <Table highlightOnHover verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Version</Table.Th>
                <Table.Th>Changed</Table.Th>
                <Table.Th w={200}>
                  <span className="hidden-text">Actions</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {topologies.data.items.map((topology) => (
                <Table.Tr key={topology.id}>
                  <Table.Td>
                    <Link href={`/projects/${project}/topologies/${topology.name}`} className="row-link">
                      {topology.name}
                    </Link>
                  </Table.Td>
                  <Table.Td>{topology.version}</Table.Td>
                  <Table.Td>{new Date(topology.updatedAt).toLocaleString()}</Table.Td>
                  <Table.Td>
                    {mayChange && (
                      <Group gap={6} justify="flex-end" wrap="nowrap">
                        <Button size="compact-sm" variant="light" onClick={() => setDeploys(topology)}>
                          Deploy
                        </Button>
                        <RemoveTopology project={project} topology={topology.name} />
                      </Group>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </>
      )}
      <NewTopology project={project} isOpen={isMaking} onClose={making.close} />
      <DeployDialog
        project={project}
        source={source}
        suggestion={deploys?.name ?? ""}
        onClose={() => setDeploys(undefined)}
      />
    </>
  );
}

function RemoveTopology({ project, topology }: { readonly project: string; readonly topology: string }) {
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    mutationFn: () => call("DELETE", "/projects/:project/topologies/:topology", { params: { project, topology } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["topologies", project] }),
  });
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        leftSection={<IconTrash size={14} />}
        onClick={() => setAsks(true)}
        aria-label={`Delete topology ${topology}`}
      >
        Delete
      </Button>
      <Ask
        isOpen={asks}
        title={`Delete topology ${topology}?`}
        verb="Delete topology"
        isBusy={remove.isPending}
        error={remove.error}
        onYes={() => remove.mutate()}
        onNo={() => setAsks(false)}
      >
        All of its versions go. Labs that were deployed from it go on.
      </Ask>
    </>
  );
}

function NewTopology({
  project,
  isOpen,
  onClose,
}: {
  readonly project: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  return (
    <Modal opened={isOpen} onClose={onClose} title="New topology">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isName(name)) navigate(`/projects/${project}/topologies/${name}`);
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            description={nameRule}
            value={name}
            error={name !== "" && !isName(name) ? "This is no name" : undefined}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            data-autofocus
          />
          <Button type="submit" disabled={!isName(name)}>
            Draw it
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
