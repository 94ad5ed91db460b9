import { Autocomplete, Badge, Button, Group, NativeSelect, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Member } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { membersQuery, projectQuery, sessionQuery, usersQuery } from "../api/queries.ts";
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
  member: { user, role, from },
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
            {...(from === "groups"
              ? { description: "From groups at the sign-in. Another one, chosen here, stays." }
              : {})}
            inputWrapperOrder={["input", "description", "error"]}
            onChange={({ currentTarget }) => set.mutate({ user: user.name, role: currentTarget.value as Role })}
          />
        ) : (
          <Group gap="xs">
            <Badge variant="light" tt="none" title={roles.find((one) => one.role === role)?.about}>
              {role}
            </Badge>
            {from === "groups" && (
              <Text size="xs" c="dimmed">
                from groups at the sign-in
              </Text>
            )}
          </Group>
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
            {from === "groups"
              ? `The role is from ${user.name}'s groups: it is back at the next sign-in, unless they changed. `
              : ""}
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
  // Who there is, server administrators see; others know whom they want.
  const users = useInfiniteQuery({ ...usersQuery, enabled: useQuery(sessionQuery).data?.user.isAdmin ?? false });
  const members = new Set(useInfiniteQuery(membersQuery(project)).data?.map((member) => member.user.name));
  const others = (users.data ?? []).map(({ name }) => name).filter((name) => !members.has(name));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ user: user.trim(), role });
      }}
    >
      <Group align="flex-end" mb="md" gap="sm">
        <Autocomplete
          label="User"
          placeholder="name of a user of this server"
          autoComplete="off"
          w={230}
          data={others}
          value={user}
          onChange={setUser}
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
