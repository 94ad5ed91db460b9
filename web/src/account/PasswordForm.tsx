import { Alert, PasswordInput } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/call.ts";
import { Form } from "../shell/Form.tsx";

/** As the server asks of passwords. */
export const shortestPassword = 10;

/** One's own password, by who knows the one there is. */
export function PasswordForm({ name }: { readonly name: string }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const change = useMutation({
    mutationFn: () => call("PUT", "/session/password", { body: { current, password } }),
    onSuccess: () => {
      setCurrent("");
      setPassword("");
      setAgain("");
    },
  });
  const isShort = password !== "" && password.length < shortestPassword;
  const differs = again !== "" && again !== password;
  return (
    <Form
      action={change}
      verb="Change password"
      isReady={current !== "" && password.length >= shortestPassword && again === password}
      onSubmit={() => change.mutate()}
      gap="sm"
      maw={360}
      button={{ style: { alignSelf: "flex-start" } }}
    >
      {/* For programs that keep passwords. */}
      <input hidden readOnly autoComplete="username" name="username" value={name} />
      <PasswordInput
        label="Present password"
        autoComplete="current-password"
        value={current}
        onChange={({ currentTarget }) => setCurrent(currentTarget.value)}
      />
      <PasswordInput
        label="New password"
        description={`At least ${shortestPassword} characters`}
        autoComplete="new-password"
        value={password}
        error={isShort ? `Only ${password.length} characters` : undefined}
        onChange={({ currentTarget }) => setPassword(currentTarget.value)}
      />
      <PasswordInput
        label="New password again"
        autoComplete="new-password"
        value={again}
        error={differs ? "The two new passwords are not the same" : undefined}
        onChange={({ currentTarget }) => setAgain(currentTarget.value)}
      />
      {change.isSuccess && (
        <Alert color="green" icon={<IconCheck size={18} />} role="status">
          The password is changed. All your other sessions have ended; tokens go on.
        </Alert>
      )}
    </Form>
  );
}
