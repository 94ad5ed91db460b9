import { Checkbox, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { shortestPassword } from "../account/PasswordForm.tsx";
import { call } from "../api/call.ts";
import { usersQuery } from "../api/queries.ts";
import { Form } from "../shell/Form.tsx";
import { NameField } from "../shell/NameField.tsx";
import { isName, nameRule } from "../shell/names.ts";

export function NewUser({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="New user">
      <UserForm onMade={onClose} />
    </Modal>
  );
}

function UserForm({ onMade }: { readonly onMade: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [isAdmin, setAdmin] = useState(false);
  const make = useMutation({
    mutationFn: () => call("POST", "/users", { body: { name, displayName: displayName.trim(), password, isAdmin } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: usersQuery.queryKey });
      onMade();
    },
  });
  return (
    <Form
      action={make}
      verb="Make user"
      isReady={isName(name) && password.length >= shortestPassword}
      onSubmit={() => make.mutate()}
    >
      <NameField name={name} onName={setName} description={`To sign in with: ${nameRule}`} autoComplete="off" />
      <TextInput
        label="Full name"
        description="May be empty"
        autoComplete="off"
        maxLength={100}
        value={displayName}
        onChange={({ currentTarget }) => setDisplayName(currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        description={`At least ${shortestPassword} characters; to be changed by the user`}
        autoComplete="new-password"
        value={password}
        onChange={({ currentTarget }) => setPassword(currentTarget.value)}
      />
      <Checkbox
        label="Server administrator"
        description="Has every right in every project, and makes users"
        checked={isAdmin}
        onChange={({ currentTarget }) => setAdmin(currentTarget.checked)}
      />
    </Form>
  );
}
