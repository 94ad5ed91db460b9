import { Button, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ControlledLab } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { labsQuery, labTextQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { useKeeping } from "./keeping.tsx";

/** Deletes a lab; what is in no topology is offered to be saved as one first. */
export function DeleteLab({
  project,
  lab,
  onDeleted,
}: {
  readonly project: string;
  readonly lab: ControlledLab;
  readonly onDeleted?: (() => void) | undefined;
}) {
  const client = useQueryClient();
  const params = { project, lab: lab.name };
  const [asks, setAsks] = useState(false);
  const keeping = useKeeping(project, lab, asks, ["Save it", " first"]);
  const removal = useMutation({
    mutationFn: async () => {
      if (keeping.isOwn && keeping.isWanted) {
        const { text } = await client.fetchQuery({ ...labTextQuery(params), staleTime: 0 });
        await keeping.save(text);
      }
      await call("DELETE", "/projects/:project/labs/:lab", { params });
    },
    onSuccess: () => {
      setAsks(false);
      onDeleted?.();
    },
    onSettled: () => client.invalidateQueries({ queryKey: labsQuery(project).queryKey }),
  });
  const { topology: from } = lab;
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        leftSection={<IconTrash size={14} />}
        onClick={() => {
          removal.reset();
          setAsks(true);
        }}
        aria-label={`Delete lab ${lab.name}`}
      >
        Delete
      </Button>
      <Ask
        isOpen={asks}
        title={`Delete lab ${lab.name}?`}
        verb={keeping.isOwn && keeping.isWanted ? "Save and delete lab" : "Delete lab"}
        isReady={keeping.isReady}
        action={removal}
        onYes={() => removal.mutate()}
        onNo={() => setAsks(false)}
      >
        <Stack gap="sm">
          <Text size="sm">
            It is taken down, and what ran in its nodes is lost.{" "}
            {keeping.isOwn
              ? ""
              : `Topologies stay: the lab is as version ${from?.version} of topology ${from?.name} says.`}
          </Text>
          {keeping.isOwn && (
            <Text size="sm" fw={600}>
              {from === undefined
                ? "Its lab file is in no topology: it is lost, too."
                : keeping.isGone
                  ? `Topology ${from.name}, which it came from, was deleted: its lab file is lost, too.`
                  : `It differs from version ${from.version} of topology ${from.name}, which it came from: what was changed is lost, too.`}
            </Text>
          )}
          {keeping.isOwn && keeping.field}
        </Stack>
      </Ask>
    </>
  );
}
