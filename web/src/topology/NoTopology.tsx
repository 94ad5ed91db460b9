import { Anchor, Button, Text } from "@mantine/core";
import { Link } from "wouter";
import { Empty } from "../shell/states.tsx";
import { newTopologyPath } from "./paths.ts";

/** For an address that leads to no topology: a name that was mistyped, or of one that was deleted. */
export function NoTopology({
  project,
  topology,
  mayDraw,
}: {
  readonly project: string;
  readonly topology: string;
  readonly mayDraw: boolean;
}) {
  return (
    <div className="content">
      <Empty title="There is no such topology">
        <Text c="dimmed" ta="center">
          Project {project} has no topology {topology}. It may have been deleted.
        </Text>
        <Anchor component={Link} href={`/projects/${project}/topologies`}>
          Topologies of {project}
        </Anchor>
        {mayDraw && (
          <Button variant="default" component={Link} href={newTopologyPath(project, topology)}>
            Draw it
          </Button>
        )}
      </Empty>
    </div>
  );
}
