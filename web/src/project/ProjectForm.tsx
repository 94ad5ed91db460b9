import { Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Project } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { projectQuery, projectsQuery } from "../api/queries.ts";
import { Form } from "../shell/Form.tsx";

/** A part of what is set of a project: its fields, and what saves them for who may. */
export function ProjectForm({
  project,
  change,
  isChanged,
  verb,
  whyNot,
  children,
}: {
  readonly project: Project;
  /** What is sent. */
  readonly change: Partial<Pick<Project, "description" | "quota" | "policy">>;
  readonly isChanged: boolean;
  readonly verb: string;
  /** Who may, for who may not; undefined for who may. */
  readonly whyNot: string | undefined;
  readonly children: ReactNode;
}) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      call("PATCH", "/projects/:project", {
        params: { project: project.name },
        body: change,
        ifMatch: project.revision,
      }),
    onSuccess: (changed) => {
      client.setQueryData(projectQuery(project.name).queryKey, changed);
      void client.invalidateQueries({ queryKey: projectsQuery.queryKey });
    },
  });
  return whyNot === undefined ? (
    <Form action={save} verb={verb} isReady={isChanged} onSubmit={() => save.mutate()} gap="sm" align="flex-start">
      {children}
    </Form>
  ) : (
    <>
      {children}
      <Text size="sm" c="dimmed" mt="sm">
        {whyNot}
      </Text>
    </>
  );
}
