import { Badge, Tabs } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useLabsInStep } from "../api/follow.ts";
import { labsQuery, projectQuery, sessionQuery, topologiesQuery, waysQuery } from "../api/queries.ts";
import { countText } from "../shell/List.tsx";
import { PageHead } from "../shell/PageHead.tsx";
import { Loading, Trouble } from "../shell/states.tsx";
import { LabList } from "./LabList.tsx";
import { MemberList } from "./MemberList.tsx";
import { ProjectSettings } from "./ProjectSettings.tsx";
import { TopologyList } from "./TopologyList.tsx";

const tabs = ["labs", "topologies", "members", "settings"] as const;

const mays = {
  viewer:
    "You are a viewer here: you look, and change nothing. An administrator of the project can give you another role.",
  operator: "You are an operator here: you deploy and change labs; administrators say who is a member.",
  admin: "You are an administrator here.",
} as const;

/** A project: its labs, as they are now, its topologies, its members and its settings. */
export function ProjectPage({ project: name, tab }: { readonly project: string; readonly tab: string | undefined }) {
  const { progress } = useLabsInStep(name);
  const project = useQuery(projectQuery(name));
  const labs = useInfiniteQuery(labsQuery(name));
  const topologies = useInfiniteQuery(topologiesQuery(name));
  const user = useQuery(sessionQuery).data?.user;
  // One person has nobody to share with, and no quotas.
  const isOwn = useQuery(waysQuery).data?.ways.includes("link") ?? false;
  const [, navigate] = useLocation();
  const open = (chosen: string | null) => navigate(`/projects/${name}/${chosen ?? "labs"}`);
  if (project.isPending) return <Loading what="the project" />;
  if (project.isError)
    return (
      <div className="content">
        <Trouble error={project.error} onRetry={() => void project.refetch()} />
      </div>
    );
  const { role, description } = project.data;
  const mayChange = role !== "viewer";
  const count = (list: typeof labs | typeof topologies) => (list.data === undefined ? "" : ` (${countText(list)})`);
  return (
    <div className="content">
      <PageHead title={isOwn ? "Your labs" : name} about={description}>
        {!isOwn && (
          <Badge variant="light" tt="none" mt={8} title={mays[role]}>
            {role}
          </Badge>
        )}
      </PageHead>
      {role === "viewer" && <p className="note">{mays.viewer}</p>}
      <Tabs value={tabs.find((one) => one === tab) ?? "labs"} onChange={open}>
        <Tabs.List>
          <Tabs.Tab value="labs">Labs{count(labs)}</Tabs.Tab>
          <Tabs.Tab value="topologies">Topologies{count(topologies)}</Tabs.Tab>
          {!isOwn && <Tabs.Tab value="members">Members</Tabs.Tab>}
          {!isOwn && <Tabs.Tab value="settings">Settings</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="labs" pt="md">
          <LabList project={name} mayChange={mayChange} progress={progress} />
        </Tabs.Panel>
        <Tabs.Panel value="topologies" pt="md">
          <TopologyList project={name} mayChange={mayChange} />
        </Tabs.Panel>
        <Tabs.Panel value="members" pt="md">
          <MemberList project={name} mayChange={role === "admin"} />
        </Tabs.Panel>
        <Tabs.Panel value="settings" pt="md">
          <ProjectSettings project={project.data} isServerAdmin={user?.isAdmin ?? false} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
