import {
  Anchor,
  Box,
  Center,
  Code,
  Paper,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, setProof } from "../api/call.ts";
import { sessionQuery, waysQuery } from "../api/queries.ts";
import { Form } from "../shell/Form.tsx";
import { ColourScheme } from "../shell/Shell.tsx";
import { Trouble } from "../shell/states.tsx";

/** Whose name and password are asked for: this server's own users, or Keystone's. */
type Account = "here" | "keystone";

/** For whoever is not signed in, whatever page was asked for; that page comes afterwards. */
export function SignIn({ refusal }: { readonly refusal?: Error }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [account, setAccount] = useState<Account>("here");
  const [domain, setDomain] = useState("");
  const ways = useQuery(waysQuery);
  const has = (way: NonNullable<typeof ways.data>["ways"][number]) => ways.data?.ways.includes(way) ?? false;
  const signIn = useMutation({
    mutationFn: () =>
      account === "keystone"
        ? call("POST", "/session/keystone", {
            body: { name: name.trim(), password, ...(domain.trim() === "" ? {} : { domain: domain.trim() }) },
          })
        : call("POST", "/session", { body: { name: name.trim(), password } }),
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
        <Stack gap="md">
          <div>
            <Title order={1} size="h2">
              Netwright
            </Title>
            <Text c="dimmed" size="sm">
              Sign in to your labs.
            </Text>
          </div>
          {refusal !== undefined && !signIn.isError && <Trouble error={refusal} />}
          {ways.isError && <Trouble error={ways.error} onRetry={() => void ways.refetch()} />}
          {has("link") && (
            <Text size="sm">
              Run <Code>netwright ui</Code> on this machine, and open the link that it prints.
            </Text>
          )}
          {has("password") && (
            <Form
              action={signIn}
              verb="Sign in"
              isReady={name.trim() !== "" && password !== ""}
              onSubmit={() => signIn.mutate()}
            >
              {has("keystone") && (
                <SegmentedControl
                  aria-label="Account"
                  fullWidth
                  value={account}
                  onChange={(value) => {
                    setAccount(value as Account);
                    signIn.reset();
                  }}
                  data={[
                    { value: "here", label: "Netwright" },
                    { value: "keystone", label: "OpenStack" },
                  ]}
                />
              )}
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
              {account === "keystone" && (
                <TextInput
                  label="Domain"
                  placeholder={ways.data?.keystoneDomain ?? ""}
                  value={domain}
                  onChange={({ currentTarget }) => setDomain(currentTarget.value)}
                />
              )}
            </Form>
          )}
          {has("oidc") && (
            <Anchor href="/auth/oidc" size="sm">
              Sign in at your organisation
            </Anchor>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}
