import { Checkbox, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { ControlledLab } from "../../../src/api/index.ts";
import { CallError, call } from "../api/call.ts";
import { labQuery, labsQuery, topologiesQuery, topologyQuery, versionsQuery } from "../api/queries.ts";
import { NameField } from "../shell/NameField.tsx";
import { isName } from "../shell/names.ts";

/** Offers to save the text of a lab as a version of a topology. */
export type Keeping = {
  readonly field: ReactNode;
  /** No version has the text of the lab: what was changed in it is lost with it. */
  readonly isOwn: boolean;
  /** The topology that the lab came from is not there any more. */
  readonly isGone: boolean;
  readonly isWanted: boolean;
  /** What is to be saved over is known, or nothing is to be saved. */
  readonly isReady: boolean;
  /** @throws CallError CHANGED_MEANWHILE when somebody saved a version that was not told of here */
  readonly save: (text: string) => Promise<unknown>;
};

/**
 * @param isAsked whether it is being offered
 * @param verb how the offer begins, e.g. `Also save it`
 * @param when how it ends, e.g. ` first`
 */
export function useKeeping(
  project: string,
  { name: lab, topology: from }: Pick<ControlledLab, "name" | "topology">,
  isAsked: boolean,
  [verb, when]: readonly [string, string],
): Keeping {
  const client = useQueryClient();
  const [isWanted, setWanted] = useState(false);
  const [name, setName] = useState(from?.name ?? lab);
  const newest = useQuery({
    ...topologyQuery(project, name),
    enabled: isAsked && isName(name),
    retry: false,
    staleTime: 0,
    refetchOnMount: "always",
  });
  const isNew = newest.error instanceof CallError && newest.error.code === "TOPOLOGY_NOT_FOUND";
  const seen = isNew ? 0 : newest.isSuccess ? newest.data.version : undefined;
  const save = async (text: string) => {
    try {
      const saved = await call("PUT", "/projects/:project/topologies/:topology", {
        params: { project, topology: name },
        body: { text, message: `From lab ${lab}`, lab },
        ifMatch: seen ?? 0,
      });
      const stale = [
        topologiesQuery(project),
        versionsQuery(project, name),
        labsQuery(project),
        labQuery({ project, lab }),
      ];
      for (const { queryKey } of stale) void client.invalidateQueries({ queryKey });
      return saved;
    } catch (error) {
      // Who saved meanwhile is told of in the field.
      await newest.refetch();
      throw error;
    }
  };
  const hint =
    seen === undefined || newest.data === undefined || isNew
      ? from === undefined || !isNew
        ? undefined
        : `Topology ${from.name} was deleted: this makes it anew.`
      : from === undefined
        ? `There is a topology ${name}: this becomes its version ${seen + 1}, and those before stay.`
        : seen > from.version
          ? `${newest.data.author} saved version ${seen} since the lab came from version ${from.version}; it stays in the list of versions.`
          : undefined;
  const label =
    from === undefined
      ? `${verb} as a topology${when}`
      : `${verb} as version ${seen === undefined ? "…" : seen + 1} of topology ${name}${when}`;
  return {
    isOwn: from === undefined || from.isChanged || isNew,
    isGone: from !== undefined && isNew,
    isWanted,
    isReady: !isWanted || (isName(name) && seen !== undefined && !newest.isFetching),
    save,
    field: (
      <Stack gap="xs">
        <Checkbox
          size="sm"
          label={label}
          description={from === undefined ? undefined : hint}
          checked={isWanted}
          onChange={({ currentTarget }) => setWanted(currentTarget.checked)}
        />
        {isWanted && from === undefined && (
          <NameField label="Name of the topology" size="sm" name={name} onName={setName} description={hint} />
        )}
      </Stack>
    ),
  };
}
