import { ActionIcon, Alert, Button, Group, Menu, Modal, PasswordInput, Stack } from "@mantine/core";
import {
  IconCheck,
  IconDots,
  IconKey,
  IconShield,
  IconShieldOff,
  IconUserCheck,
  IconUserOff,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "../../../src/api/index.ts";
import { shortestPassword } from "../account/PasswordForm.tsx";
import { call } from "../api/call.ts";
import { usersQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { Form } from "../shell/Form.tsx";

type Change = { readonly isAdmin?: boolean; readonly isDisabled?: boolean; readonly password?: string };

const questions = {
  admin: {
    title: (name: string) => `Make ${name} a server administrator?`,
    verb: "Make administrator",
    about: "Administrators have every right in every project, and make and disable users, you included.",
    change: { isAdmin: true },
  },
  plain: {
    title: (name: string) => `Take the rights of an administrator from ${name}?`,
    verb: "Take the rights",
    about: "Roles in projects stay.",
    change: { isAdmin: false },
  },
  disable: {
    title: (name: string) => `Disable ${name}?`,
    verb: "Disable",
    about: "All sessions end, and tokens are let in no more. Labs and topologies stay, and so do roles.",
    change: { isDisabled: true },
  },
  enable: {
    title: (name: string) => `Enable ${name} again?`,
    verb: "Enable",
    about: "With the password, the roles and the tokens of before.",
    change: { isDisabled: false },
  },
} as const;

type Question = keyof typeof questions | "password";

/** What an administrator can do to a user. */
export function UserMenu({ user, isSelf }: { readonly user: User; readonly isSelf: boolean }) {
  const [asks, setAsks] = useState<Question>();
  const no = { disabled: isSelf, title: isSelf ? "Another administrator can do this to you" : undefined };
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${user.name}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconKey size={16} />} onClick={() => setAsks("password")}>
            Set a new password
          </Menu.Item>
          {user.isAdmin ? (
            <Menu.Item leftSection={<IconShieldOff size={16} />} {...no} onClick={() => setAsks("plain")}>
              Take administrator's rights
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconShield size={16} />} onClick={() => setAsks("admin")}>
              Make administrator
            </Menu.Item>
          )}
          {user.isDisabled ? (
            <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={() => setAsks("enable")}>
              Enable
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconUserOff size={16} />} color="red" {...no} onClick={() => setAsks("disable")}>
              Disable
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {asks === "password" ? (
        <NewPassword user={user} onClose={() => setAsks(undefined)} />
      ) : (
        asks !== undefined && <Confirm user={user} question={asks} onClose={() => setAsks(undefined)} />
      )}
    </>
  );
}

function useChange(user: User, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => call("PATCH", "/users/:user", { params: { user: user.name }, body }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: usersQuery.queryKey });
      onDone();
    },
  });
}

function Confirm({
  user,
  question,
  onClose,
}: {
  readonly user: User;
  readonly question: keyof typeof questions;
  readonly onClose: () => void;
}) {
  const change = useChange(user, onClose);
  const { title, verb, about, change: body } = questions[question];
  return (
    <Ask
      isOpen
      title={title(user.name)}
      verb={verb}
      isHarmless={question !== "disable"}
      action={change}
      onYes={() => change.mutate(body)}
      onNo={onClose}
    >
      {about}
    </Ask>
  );
}

function NewPassword({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [isDone, setDone] = useState(false);
  const change = useChange(user, () => setDone(true));
  return (
    <Modal opened onClose={onClose} title={`A new password for ${user.name}`}>
      {isDone ? (
        <Stack>
          <Alert color="green" icon={<IconCheck size={18} />} role="status">
            It is set, and all of {user.name}'s sessions have ended. Tell it to {user.name}, who can then change it.
          </Alert>
          <Group justify="flex-end">
            <Button onClick={onClose}>Close</Button>
          </Group>
        </Stack>
      ) : (
        <Form
          action={change}
          verb="Set password"
          isReady={password.length >= shortestPassword}
          onSubmit={() => change.mutate({ password })}
        >
          <PasswordInput
            label="New password"
            description={`At least ${shortestPassword} characters. All sessions of ${user.name} end`}
            autoComplete="new-password"
            value={password}
            onChange={({ currentTarget }) => setPassword(currentTarget.value)}
            data-autofocus
          />
        </Form>
      )}
    </Modal>
  );
}
