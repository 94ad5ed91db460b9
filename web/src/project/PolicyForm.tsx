import { Button, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Project, ProjectPolicy } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { projectQuery } from "../api/queries.ts";
import { Trouble } from "../shell/states.tsx";

const switches = [
  { key: "ports", label: "Publish ports", about: "Ports of the server may lead into nodes" },
  { key: "internet", label: "Reach the Internet", about: "Nodes may reach what the server reaches, by NAT" },
  { key: "vms", label: "Virtual machines", about: "Of the images that the server has for them" },
] as const satisfies readonly { readonly key: keyof ProjectPolicy; readonly label: string; readonly about: string }[];

const portsIn = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== "");

/** What the labs of a project may reach beyond themselves. */
export function PolicyForm({ project, mayChange }: { readonly project: Project; readonly mayChange: boolean }) {
  const client = useQueryClient();
  const [policy, setPolicy] = useState(project.policy);
  const [ports, setPorts] = useState(project.policy.allowHost.join(", "));
  const wanted = { ...policy, allowHost: portsIn(ports) };
  const save = useMutation({
    mutationFn: () =>
      call("PATCH", "/projects/:project", {
        params: { project: project.name },
        body: { policy: wanted },
        ifMatch: project.revision,
      }),
    onSuccess: (changed) => client.setQueryData(projectQuery(project.name).queryKey, changed),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" align="flex-start">
        {switches.map(({ key, label, about }) => (
          <Switch
            key={key}
            label={label}
            description={about}
            disabled={!mayChange}
            checked={policy[key]}
            onChange={({ currentTarget: { checked } }) => setPolicy({ ...policy, [key]: checked })}
          />
        ))}
        <TextInput
          label="Ports of the server's loopback that nodes may reach"
          description="Such as tcp/5432, udp/53"
          placeholder="none"
          w={360}
          readOnly={!mayChange}
          value={ports}
          onChange={({ currentTarget }) => setPorts(currentTarget.value)}
        />
        {save.isError && <Trouble error={save.error} />}
        {mayChange ? (
          <Button
            type="submit"
            loading={save.isPending}
            disabled={JSON.stringify(wanted) === JSON.stringify(project.policy)}
          >
            Save reach
          </Button>
        ) : (
          <Text size="sm" c="dimmed">
            Server administrators say what labs may reach.
          </Text>
        )}
      </Stack>
    </form>
  );
}
