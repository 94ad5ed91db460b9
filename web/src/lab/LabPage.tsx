import "../topology/editor.css";
import "./lab.css";
import { Button, Group, Loader, Text } from "@mantine/core";
import { IconFileText, IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { Link, useLocation } from "wouter";
import type { ControlledLab } from "../../../src/api/index.ts";
import type { LabAddress } from "../api/call.ts";
import { useLabsInStep } from "../api/follow.ts";
import { labDetailQuery, labQuery, projectQuery, topologyQuery } from "../api/queries.ts";
import { LabActions } from "../project/LabList.tsx";
import { LabStateBadge } from "../project/lab-state.tsx";
import { OthersHere } from "../shell/OthersHere.tsx";
import { Empty, Loading, Trouble } from "../shell/states.tsx";
import { fileDrawingQuery, noDrawing } from "./file-drawing.ts";
import { LiveLab } from "./LiveLab.tsx";

const RestingLab = lazy(() => import("./RestingLab.tsx"));

/** A lab, as it is now. */
export default function LabPage({ project, lab: name }: LabAddress) {
  const { progress, others } = useLabsInStep(project, `labs/${name}`);
  const [, navigate] = useLocation();
  const address = useMemo(() => ({ project, lab: name }), [project, name]);
  const owner = useQuery(projectQuery(project));
  const lab = useQuery(labQuery(address));
  const runs = lab.data?.state === "running";
  const rests = lab.data?.state === "stopped" || lab.data?.state === "failed";
  const detail = useQuery({ ...labDetailQuery(address), enabled: runs });
  // Where the nodes of one that was changed are drawn is in its own text.
  const from = lab.data?.topology?.isChanged === false ? lab.data.topology : undefined;
  const topology = useQuery({
    ...topologyQuery(project, from?.name ?? "", from?.version),
    enabled: from !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const drawing = useQuery({ ...fileDrawingQuery(address), enabled: runs });
  if (owner.isError || lab.isError)
    return (
      <div className="content">
        <Trouble error={owner.error ?? lab.error} onRetry={() => void lab.refetch()} />
      </div>
    );
  if (owner.isPending || lab.isPending) return <Loading what="the lab" />;
  const mayChange = owner.data.role !== "viewer";
  // Nodes that are drawn do not jump to another place.
  const isPlaced = (from === undefined || !topology.isPending) && (!runs || !drawing.isPending);
  return (
    <div className="editor">
      <div className="toolbar">
        <LabStateBadge state={lab.data.state} />
        <Text size="sm" c="dimmed" className="size">
          {lab.data.nodes} {lab.data.nodes === 1 ? "node" : "nodes"}, {lab.data.links}{" "}
          {lab.data.links === 1 ? "link" : "links"}
        </Text>
        <span className="space" />
        <OthersHere others={others} />
        {!mayChange && (
          <Text size="sm" c="dimmed">
            You are a viewer: you may only look
          </Text>
        )}
        {(runs || rests) && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={mayChange && runs ? <IconPencil size={14} /> : <IconFileText size={14} />}
            component={Link}
            href={`/projects/${project}/labs/${name}/edit`}
          >
            {mayChange && runs ? "Edit" : "Lab file"}
          </Button>
        )}
        {mayChange && (
          <LabActions project={project} lab={lab.data} onDeleted={() => navigate(`/projects/${project}`)} />
        )}
      </div>
      {runs && detail.data !== undefined && isPlaced ? (
        <LiveLab
          address={address}
          detail={detail.data}
          layout={topology.data?.layout}
          drawing={drawing.data ?? noDrawing}
          mayChange={mayChange}
          isOld={detail.isError}
        />
      ) : rests && isPlaced ? (
        <Suspense fallback={<Loading what="the lab" />}>
          <RestingLab key={lab.data.revision} project={project} lab={lab.data} layout={topology.data?.layout}>
            <WhyItRests lab={lab.data} mayChange={mayChange} />
          </RestingLab>
        </Suspense>
      ) : (
        <NotRunning
          lab={lab.data}
          progress={progress[name]}
          error={runs ? detail.error : null}
          onRetry={() => void detail.refetch()}
        />
      )}
    </div>
  );
}

function NotRunning({
  lab,
  progress,
  error,
  onRetry,
}: {
  readonly lab: ControlledLab;
  readonly progress: string | undefined;
  readonly error: unknown;
  readonly onRetry: () => void;
}) {
  if (error !== null && error !== undefined)
    return (
      <div className="content">
        <Trouble error={error} onRetry={onRetry} />
      </div>
    );
  switch (lab.state) {
    case "running":
      return <Loading what="the lab" />;
    case "deploying":
    case "stopping":
      return (
        <Empty title={lab.state === "deploying" ? "The lab is being deployed" : "The lab is being stopped"}>
          <Group gap="sm" role="status">
            <Loader size="sm" />
            <Text c="dimmed">{(lab.state === "deploying" ? progress : undefined) ?? "A moment…"}</Text>
          </Group>
        </Empty>
      );
    case "unresponsive":
      return (
        <Empty title="The lab does not answer">
          <Text c="dimmed">It may be busy. When it answers, this page shows it.</Text>
        </Empty>
      );
    case "failed":
    case "stopped":
      return <Loading what="the lab" />;
  }
}

function WhyItRests({ lab, mayChange }: { readonly lab: ControlledLab; readonly mayChange: boolean }) {
  const isFailed = lab.state === "failed";
  const what = isFailed
    ? (lab.problem?.remedy ?? (mayChange ? "Start it again." : undefined))
    : `Nothing of it runs.${mayChange ? " Start it to go on." : ""}`;
  return (
    <>
      <Text size="sm" fw={600} {...(isFailed ? { c: "red" } : {})}>
        {isFailed ? `The lab failed: ${lab.problem?.message ?? "it ended by itself."}` : "The lab is stopped"}
      </Text>
      <Text size="sm">{what}</Text>
    </>
  );
}
