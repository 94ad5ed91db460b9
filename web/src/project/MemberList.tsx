import { Badge, Button, Group, NativeSelect, Table, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Member } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { membersQuery, projectQuery, sessionQuery } from "../api/queries.ts";
import { actions, List } from "../shell/List.tsx";
import { RemoveButton } from "../shell/RemoveButton.tsx";
import { Empty, Trouble } from "../shell/states.tsx";
import { roles } from "./roles.ts";

type Role = Member["role"];

const choices = roles.map(({ role, about }) => ({ value: role, label: `${role}: ${about}` }));

const columns = ["Name", { title: "Role", width: 360 }, actions(110)];

/** Who may what in a project. */
export function MemberList({ project, mayChange }: { readonly project: string; readonly mayChange: boolean }) {
  const members = useInfiniteQuery(membersQuery(project));
  const self = useQuery(sessionQuery).data?.user.name;
  return (
    <>
      {mayChange && <AddMember project={project} />}
      <List
        list={members}
        what="the members"
        columns={columns}
        minWidth={600}
        empty={
          <Empty title="No members">
            <Text c="dimmed">Only server administrators see this project.</Text>
          </Empty>
        }
      >
        {(member) => (
          <Row
            key={member.user.id}
            project={project}
            member={member}
            isSelf={member.user.name === self}
            mayChange={mayChange}
          />
        )}
      </List>
      {!mayChange && (
        <Text size="sm" c="dimmed" mt="md">
          Administrators of the project say who is a member.
        </Text>
      )}
    </>
  );
}

/** What changes when members do; one's own role, too. */
const staleOf = (project: string) => [membersQuery(project).queryKey, projectQuery(project).queryKey];

function useSetMember(project: string, onDone?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ user, role }: { readonly user: string; readonly role: Role }) =>
      call("PUT", "/projects/:project/members/:user", { params: { project, user }, body: { role } }),
    onSuccess: async () => {
      await Promise.all(staleOf(project).map((queryKey) => client.invalidateQueries({ queryKey })));
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
  const set = useSetMember(project);
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
          <RemoveButton
            verb="Remove"
            what="member"
            name={user.name}
            question={`Take ${isSelf ? "yourself" : user.name} out of ${project}?`}
            remove={() => call("DELETE", "/projects/:project/members/:user", { params: { project, user: user.name } })}
            stale={staleOf(project)}
          >
            {isSelf ? "You will see the project no more, unless you are a server administrator. " : ""}
            Labs and topologies stay.
          </RemoveButton>
        )}
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
