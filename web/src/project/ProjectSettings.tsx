import { Button, Group, Paper, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { Project } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { projectsQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { Section } from "../shell/Section.tsx";
import { PolicyForm } from "./PolicyForm.tsx";
import { ProjectForm } from "./ProjectForm.tsx";
import { Quotas } from "./Quotas.tsx";

/** What a project says of itself, what its labs may use, and its end. */
export function ProjectSettings({
  project,
  isServerAdmin,
}: {
  readonly project: Project;
  readonly isServerAdmin: boolean;
}) {
  return (
    <Stack gap="lg">
      <Paper withBorder p="md" component="section" aria-label="Description">
        <Description key={project.revision} project={project} />
      </Paper>
      <Section title="Quotas">
        <Quotas key={project.revision} project={project} mayChange={isServerAdmin} />
      </Section>
      <Section title="Reach">
        <PolicyForm key={project.revision} project={project} mayChange={isServerAdmin} />
      </Section>
      {isServerAdmin && (
        <Paper withBorder p="md" component="section" aria-label="Deletion">
          <RemoveProject name={project.name} />
        </Paper>
      )}
    </Stack>
  );
}

function Description({ project }: { readonly project: Project }) {
  const [description, setDescription] = useState(project.description);
  const whyNot = project.role === "admin" ? undefined : "Administrators of the project can change it.";
  return (
    <ProjectForm
      project={project}
      change={{ description }}
      isChanged={description !== project.description}
      verb="Save description"
      whyNot={whyNot}
    >
      <Textarea
        label="Description"
        w="100%"
        maw={560}
        autosize
        minRows={2}
        maxLength={1000}
        readOnly={whyNot !== undefined}
        value={description}
        onChange={({ currentTarget }) => setDescription(currentTarget.value)}
      />
    </ProjectForm>
  );
}

function RemoveProject({ name }: { readonly name: string }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    mutationFn: () => call("DELETE", "/projects/:project", { params: { project: name } }),
    onSuccess: async () => {
      navigate("/projects");
      await client.invalidateQueries({ queryKey: projectsQuery.queryKey });
    },
  });
  return (
    <Group justify="space-between">
      <Text size="sm">A project without labs can be deleted, with its topologies and their versions.</Text>
      <Button color="red" variant="light" onClick={() => setAsks(true)}>
        Delete project
      </Button>
      <Ask
        isOpen={asks}
        title={`Delete project ${name}?`}
        verb={`Delete ${name}`}
        action={remove}
        onYes={() => remove.mutate()}
        onNo={() => setAsks(false)}
      >
        Its topologies go, with all their versions. Nobody can bring them back.
      </Ask>
    </Group>
  );
}
