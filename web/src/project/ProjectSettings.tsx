import { Button, Group, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { Project } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { projectQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { Trouble } from "../shell/states.tsx";
import { PolicyForm } from "./PolicyForm.tsx";
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
      <Paper withBorder p="md" component="section" aria-labelledby="quotas">
        <Title order={2} size="h4" id="quotas" mb="xs">
          Quotas
        </Title>
        <Quotas key={project.revision} project={project} mayChange={isServerAdmin} />
      </Paper>
      <Paper withBorder p="md" component="section" aria-labelledby="reach">
        <Title order={2} size="h4" id="reach" mb="xs">
          Reach
        </Title>
        <PolicyForm key={project.revision} project={project} mayChange={isServerAdmin} />
      </Paper>
      {isServerAdmin && (
        <Paper withBorder p="md" component="section" aria-label="Deletion">
          <RemoveProject name={project.name} />
        </Paper>
      )}
    </Stack>
  );
}

function Description({ project }: { readonly project: Project }) {
  const client = useQueryClient();
  const [description, setDescription] = useState(project.description);
  const mayChange = project.role === "admin";
  const save = useMutation({
    mutationFn: () =>
      call("PATCH", "/projects/:project", {
        params: { project: project.name },
        body: { description },
        ifMatch: project.revision,
      }),
    onSuccess: (changed) => {
      client.setQueryData(projectQuery(project.name).queryKey, changed);
      void client.invalidateQueries({ queryKey: ["projects"] });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" align="flex-start">
        <Textarea
          label="Description"
          w="100%"
          maw={560}
          autosize
          minRows={2}
          maxLength={1000}
          readOnly={!mayChange}
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
        {save.isError && <Trouble error={save.error} />}
        {mayChange ? (
          <Button type="submit" loading={save.isPending} disabled={description === project.description}>
            Save description
          </Button>
        ) : (
          <Text size="sm" c="dimmed">
            Administrators of the project can change it.
          </Text>
        )}
      </Stack>
    </form>
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
      await client.invalidateQueries({ queryKey: ["projects"] });
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
        isBusy={remove.isPending}
        error={remove.error}
        onYes={() => remove.mutate()}
        onNo={() => setAsks(false)}
      >
        Its topologies go, with all their versions. Nobody can bring them back.
      </Ask>
    </Group>
  );
}
