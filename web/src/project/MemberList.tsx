import { Badge, Button, Group, NativeSelect, Table, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Member } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { membersQuery, sessionQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { Empty, Loading, Trouble } from "../shell/states.tsx";
import { roles } from "./roles.ts";

type Role = Member["role"];

const choices = roles.map(({ role, about }) => ({ value: role, label: `${role}: ${about}` }));

/** Who may what in a project. */
export function MemberList({ project, mayChange }: { readonly project: string; readonly mayChange: boolean }) {
  const members = useQuery(membersQuery(project));
  const self = useQuery(sessionQuery).data?.user.name;
  if (members.isPending) return <Loading what="the members" />;
  if (members.isError) return <Trouble error={members.error} onRetry={() => void members.refetch()} />;
  return (
    <>
      {mayChange && <AddMember project={project} />}
      {members.data.items.length === 0 ? (
        <Empty title="No members">
          <Text c="dimmed">Only server administrators see this project.</Text>
        </Empty>
      ) : (
        <Table verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th w={360}>Role</Table.Th>
              <Table.Th w={110}>
                <span className="hidden-text">Actions</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {members.data.items.map((member) => (
              <Row
                key={member.user.id}
                project={project}
                member={member}
                isSelf={member.user.name === self}
                mayChange={mayChange}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {!mayChange && (
        <Text size="sm" c="dimmed" mt="md">
          Administrators of the project say who is a member.
        </Text>
      )}
    </>
  );
}

function useSetMember(project: string, onDone?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ user, role }: { readonly user: string; readonly role: Role }) =>
      call("PUT", "/projects/:project/members/:user", { params: { project, user }, body: { role } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["members", project] });
      await client.invalidateQueries({ queryKey: ["project", project] });
      onDone?.();
    },
  });
}

function Row({
  project,
  member: { user, role },
  isSelf,
  mayChange,
}: {
  readonly project: string;
  readonly member: Member;
  readonly isSelf: boolean;
  readonly mayChange: boolean;
}) {
  const client = useQueryClient();
  const set = useSetMember(project);
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    mutationFn: () => call("DELETE", "/projects/:project/members/:user", { params: { project, user: user.name } }),
    onSuccess: async () => {
      setAsks(false);
      await client.invalidateQueries({ queryKey: ["members", project] });
      await client.invalidateQueries({ queryKey: ["project", project] });
    },
  });
  return (
    <Table.Tr>
      <Table.Td>
        {user.displayName === "" || user.displayName === user.name ? user.name : `${user.displayName} (${user.name})`}
        {isSelf && (
          <Text span c="dimmed" size="sm">
            {" "}
            — you
          </Text>
        )}
        {user.isDisabled && (
          <Badge ml="xs" variant="light" color="red" tt="none">
            disabled
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        {mayChange ? (
          <NativeSelect
            aria-label={`Role of ${user.name}`}
            size="xs"
            data={choices}
            value={role}
            disabled={set.isPending}
            error={set.error?.message}
            onChange={({ currentTarget }) => set.mutate({ user: user.name, role: currentTarget.value as Role })}
          />
        ) : (
          <Badge variant="light" tt="none" title={roles.find((one) => one.role === role)?.about}>
            {role}
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        {mayChange && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            onClick={() => setAsks(true)}
            aria-label={`Remove member ${user.name}`}
          >
            Remove
          </Button>
        )}
        <Ask
          isOpen={asks}
          title={`Take ${isSelf ? "yourself" : user.name} out of ${project}?`}
          verb="Remove member"
          isBusy={remove.isPending}
          error={remove.error}
          onYes={() => remove.mutate()}
          onNo={() => setAsks(false)}
        >
          {isSelf ? "You will see the project no more, unless you are a server administrator. " : ""}
          Labs and topologies stay.
        </Ask>
      </Table.Td>
    </Table.Tr>
  );
}

function AddMember({ project }: { readonly project: string }) {
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const add = useSetMember(project, () => setUser(""));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ user: user.trim(), role });
      }}
    >
      <Group align="flex-end" mb="md" gap="sm">
        <TextInput
          label="User"
          placeholder="name of a user of this server"
          autoComplete="off"
          w={230}
          value={user}
          onChange={({ currentTarget }) => setUser(currentTarget.value)}
        />
        <NativeSelect
          label="Role"
          data={choices}
          value={role}
          onChange={({ currentTarget }) => setRole(currentTarget.value as Role)}
        />
        <Button
          type="submit"
          leftSection={<IconPlus size={16} />}
          loading={add.isPending}
          disabled={user.trim() === ""}
        >
          Add member
        </Button>
      </Group>
      {add.isError && <Trouble error={add.error} />}
    </form>
  );
}
