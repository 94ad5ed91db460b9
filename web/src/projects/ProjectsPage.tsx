import { Badge, Button, Modal, Table, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { call } from "../api/call.ts";
import { hostQuery, projectsQuery, sessionQuery } from "../api/queries.ts";
import { Form } from "../shell/Form.tsx";
import { List } from "../shell/List.tsx";
import { NameField } from "../shell/NameField.tsx";
import { isName } from "../shell/names.ts";
import { PageHead } from "../shell/PageHead.tsx";
import { Empty } from "../shell/states.tsx";

const columns = ["Name", "Description", "Your role"];

/** The projects that one is a member of. */
export function ProjectsPage() {
  const projects = useInfiniteQuery(projectsQuery);
  const session = useQuery(sessionQuery);
  const host = useQuery(hostQuery);
  const [isMaking, making] = useDisclosure();
  const mayMake = session.data?.user.isAdmin ?? false;
  return (
    <div className="content">
      <PageHead title="Projects">
        {mayMake && (
          <Button leftSection={<IconPlus size={16} />} onClick={making.open}>
            New project
          </Button>
        )}
      </PageHead>
      <List
        list={projects}
        what="the projects"
        columns={columns}
        minWidth={480}
        empty={
          <Empty title="No projects yet">
            <Text c="dimmed" ta="center">
              {mayMake
                ? "A project holds labs and topologies, and has members. Make the first one."
                : "You are a member of no project. Ask a server administrator to add you to one."}
            </Text>
          </Empty>
        }
      >
        {(project) => (
          <Table.Tr key={project.id}>
            <Table.Td>
              <Link href={`/projects/${project.name}`} className="row-link">
                {project.name}
              </Link>
            </Table.Td>
            <Table.Td>{project.description}</Table.Td>
            <Table.Td>
              <Badge variant="light" tt="none">
                {project.role}
              </Badge>
            </Table.Td>
          </Table.Tr>
        )}
      </List>
      {host.data !== undefined && (
        <Text c="dimmed" size="xs" mt="xl">
          Netwright {host.data.version}, {host.data.labs} {host.data.labs === 1 ? "lab" : "labs"} on this server
        </Text>
      )}
      <NewProject isOpen={isMaking} onClose={making.close} />
    </div>
  );
}

function NewProject({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const make = useMutation({
    mutationFn: () => call("POST", "/projects", { body: { name, description } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: projectsQuery.queryKey });
      onClose();
      navigate(`/projects/${name}`);
    },
  });
  return (
    <Modal opened={isOpen} onClose={onClose} title="New project">
      <Form action={make} verb="Make project" isReady={isName(name)} onSubmit={() => make.mutate()}>
        <NameField name={name} onName={setName} />
        <Textarea
          label="Description"
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
      </Form>
    </Modal>
  );
}
