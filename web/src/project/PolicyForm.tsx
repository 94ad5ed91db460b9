import { Stack, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Project, ProjectPolicy } from "../../../src/api/index.ts";
import { ProjectForm } from "./ProjectForm.tsx";

const switches = [
  { key: "ports", label: "Publish ports", about: "Ports of the server may lead into nodes" },
  { key: "internet", label: "Reach the Internet", about: "Nodes may reach what the server reaches, by NAT" },
  { key: "vms", label: "Virtual machines", about: "Of the images that the server has for them" },
] as const satisfies readonly { readonly key: keyof ProjectPolicy; readonly label: string; readonly about: string }[];

const portsIn = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== "");

/** What the labs of a project may reach beyond themselves. */
export function PolicyForm({ project, mayChange }: { readonly project: Project; readonly mayChange: boolean }) {
  const [policy, setPolicy] = useState(project.policy);
  const [ports, setPorts] = useState(project.policy.allowHost.join(", "));
  const wanted = { ...policy, allowHost: portsIn(ports) };
  return (
    <ProjectForm
      project={project}
      change={{ policy: wanted }}
      isChanged={JSON.stringify(wanted) !== JSON.stringify(project.policy)}
      verb="Save reach"
      whyNot={mayChange ? undefined : "Server administrators say what labs may reach."}
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
      </Stack>
    </ProjectForm>
  );
}
