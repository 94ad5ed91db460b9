import { Box, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, setProof } from "../api/call.ts";
import { sessionQuery } from "../api/queries.ts";
import { ColourScheme } from "../shell/Shell.tsx";
import { Trouble } from "../shell/states.tsx";

/** For whoever is not signed in, whatever page was asked for; that page comes afterwards. */
export function SignIn() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => call("POST", "/session", { body: { name: name.trim(), password } }),
    onSuccess: (session) => {
      setProof(session.csrfToken);
      client.setQueryData(sessionQuery.queryKey, session);
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
    },
  });
  return (
    <Center mih="100vh" component="main" p="md">
      <Box pos="absolute" top={12} right={12}>
        <ColourScheme />
      </Box>
      <Paper withBorder p="xl" w={380} shadow="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            signIn.mutate();
          }}
        >
          <Stack gap="md">
            <div>
              <Title order={1} size="h2">
                Netwright
              </Title>
              <Text c="dimmed" size="sm">
                Sign in to your labs.
              </Text>
            </div>
            <TextInput
              label="Name"
              autoComplete="username"
              autoFocus
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              value={password}
              onChange={({ currentTarget }) => setPassword(currentTarget.value)}
            />
            {signIn.isError && <Trouble error={signIn.error} />}
            <Button type="submit" loading={signIn.isPending} disabled={name.trim() === "" || password === ""}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
