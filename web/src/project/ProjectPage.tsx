import { Group, Tabs, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLabsInStep } from "../api/follow.ts";
import { labsQuery, projectQuery, topologiesQuery } from "../api/queries.ts";
import { Loading, Trouble } from "../shell/states.tsx";
import { LabList } from "./LabList.tsx";
import { MemberList } from "./MemberList.tsx";
import { TopologyList } from "./TopologyList.tsx";

/** A project: its labs, as they are now, its topologies, and its members. */
export function ProjectPage({ project: name }: { readonly project: string }) {
  const progress = useLabsInStep(name);
  const project = useQuery(projectQuery(name));
  const labs = useQuery(labsQuery(name));
  const topologies = useQuery(topologiesQuery(name));
  const [tab, setTab] = useState<string | null>("labs");
  if (project.isPending) return <Loading what="the project" />;
  if (project.isError)
    return (
      <div className="content">
        <Trouble error={project.error} onRetry={() => void project.refetch()} />
      </div>
    );
  const mayChange = project.data.role !== "viewer";
  const count = (items: readonly unknown[] | undefined) => (items === undefined ? "" : ` (${items.length})`);
  return (
    <div className="content">
      <Group align="baseline" gap="md">
        <Title order={1} size="h2">
          {name}
        </Title>
        <Text c="dimmed">{project.data.description}</Text>
      </Group>
      <Tabs value={tab} onChange={setTab} mt="md">
        <Tabs.List>
          <Tabs.Tab value="labs">Labs{count(labs.data?.items)}</Tabs.Tab>
          <Tabs.Tab value="topologies">Topologies{count(topologies.data?.items)}</Tabs.Tab>
          <Tabs.Tab value="members">Members</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="labs" pt="md">
          <LabList project={name} mayChange={mayChange} progress={progress} onTopologies={() => setTab("topologies")} />
        </Tabs.Panel>
        <Tabs.Panel value="topologies" pt="md">
          <TopologyList project={name} mayChange={mayChange} />
        </Tabs.Panel>
        <Tabs.Panel value="members" pt="md">
          <MemberList project={name} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
