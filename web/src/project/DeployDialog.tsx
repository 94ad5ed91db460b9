import { Button, Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { call } from "../api/call.ts";
import { isName, nameRule } from "../shell/names.ts";
import { Trouble } from "../shell/states.tsx";

export type DeploySource =
  | { readonly topology: { readonly name: string; readonly version: number } }
  | { readonly text: string };

/** Asks for the name of a lab, deploys it, and shows it. */
export function DeployDialog({
  project,
  source,
  suggestion,
  onClose,
}: {
  readonly project: string;
  readonly source: DeploySource | undefined;
  readonly suggestion: string;
  readonly onClose: () => void;
}) {
  return (
    <Modal opened={source !== undefined} onClose={onClose} title="Deploy as a lab">
      {source !== undefined && (
        <DeployForm key={suggestion} project={project} source={source} suggestion={suggestion} onClose={onClose} />
      )}
    </Modal>
  );
}

function DeployForm({
  project,
  source,
  suggestion,
  onClose,
}: {
  readonly project: string;
  readonly source: DeploySource;
  readonly suggestion: string;
  readonly onClose: () => void;
}) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [name, setName] = useState(suggestion);
  const deploy = useMutation({
    mutationFn: () => call("POST", "/projects/:project/labs", { params: { project }, body: { name, ...source } }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ["labs", project] });
      navigate(`/projects/${project}/labs/${name}`);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        deploy.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="Name of the lab"
          description={nameRule}
          error={name !== "" && !isName(name) ? "This is no name" : undefined}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          data-autofocus
        />
        {deploy.isError && <Trouble error={deploy.error} />}
        <Button type="submit" loading={deploy.isPending} disabled={!isName(name)}>
          Deploy
        </Button>
      </Stack>
    </form>
  );
}
