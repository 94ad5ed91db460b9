import { Button, Group, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { Topology } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { topologiesQuery } from "../api/queries.ts";
import { actions, List } from "../shell/List.tsx";
import { RemoveButton } from "../shell/RemoveButton.tsx";
import { Empty } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";
import { DeployDialog } from "./DeployDialog.tsx";
import { NewTopology } from "./NewTopology.tsx";

const columns = ["Name", "Version", "Changed", actions(200)];

/** The topologies of a project. */
export function TopologyList({ project, mayChange }: { readonly project: string; readonly mayChange: boolean }) {
  const topologies = useInfiniteQuery(topologiesQuery(project));
  const [isMaking, making] = useDisclosure();
  const [deploys, setDeploys] = useState<Topology>();
  const make = mayChange && (
    <Button leftSection={<IconPlus size={16} />} onClick={making.open}>
      New topology
    </Button>
  );
  return (
    <>
      {topologies.data !== undefined && topologies.data.length > 0 && (
        <Group justify="flex-end" mb="sm">
          {make}
        </Group>
      )}
      <List
        list={topologies}
        what="the topologies"
        columns={columns}
        minWidth={560}
        empty={
          <Empty title="No topologies yet">
            <Text c="dimmed" ta="center">
              A topology is a lab file with all its versions. Draw one, or write it.
            </Text>
            {make}
          </Empty>
        }
      >
        {(topology) => (
          <Table.Tr key={topology.id}>
            <Table.Td>
              <Link href={`/projects/${project}/topologies/${topology.name}`} className="row-link">
                {topology.name}
              </Link>
            </Table.Td>
            <Table.Td>{topology.version}</Table.Td>
            <Table.Td>
              <Time text={topology.updatedAt} />
            </Table.Td>
            <Table.Td>
              {mayChange && (
                <Group gap={6} justify="flex-end" wrap="nowrap">
                  <Button size="compact-sm" variant="light" onClick={() => setDeploys(topology)}>
                    Deploy
                  </Button>
                  <RemoveButton
                    verb="Delete"
                    what="topology"
                    name={topology.name}
                    icon={<IconTrash size={14} />}
                    remove={() =>
                      call("DELETE", "/projects/:project/topologies/:topology", {
                        params: { project, topology: topology.name },
                      })
                    }
                    stale={[topologiesQuery(project).queryKey]}
                  >
                    All of its versions go. Labs that were deployed from it go on.
                  </RemoveButton>
                </Group>
              )}
            </Table.Td>
          </Table.Tr>
        )}
      </List>
      <NewTopology project={project} isOpen={isMaking} onClose={making.close} />
      <DeployDialog
        project={project}
        source={deploys && { topology: { name: deploys.name, version: deploys.version } }}
        suggestion={deploys?.name ?? ""}
        onClose={() => setDeploys(undefined)}
      />
    </>
  );
}
