import { Anchor, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery, waysQuery } from "../api/queries.ts";
import { PageHead } from "../shell/PageHead.tsx";
import { PasswordForm } from "./PasswordForm.tsx";
import { TokenList } from "./TokenList.tsx";

/** What is one's own: the password, and tokens for programs. */
export default function AccountPage() {
  const user = useQuery(sessionQuery).data?.user;
  const hasPassword = useQuery(waysQuery).data?.ways.includes("password") ?? false;
  if (user === undefined) return null;
  return (
    <div className="content">
      <PageHead
        title={user.displayName === "" ? user.name : user.displayName}
        about={`Signed in as ${user.name}${user.isAdmin ? ", a server administrator" : ""}`}
      />
      <Stack gap="lg">
        <Paper withBorder p="md" component="section" aria-labelledby="tokens">
          <Title order={2} size="h4" id="tokens">
            Tokens
          </Title>
          <Text size="sm" c="dimmed" mb="md">
            A token lets a program or the command line in as you, within its scope. The{" "}
            <Anchor href="/api/v1/openapi.json" size="sm">
              API's description
            </Anchor>{" "}
            (OpenAPI) says what can be asked.
          </Text>
          <TokenList />
        </Paper>
        {hasPassword && (
          <Paper withBorder p="md" component="section" aria-labelledby="password">
            <Title order={2} size="h4" mb="md" id="password">
              Password
            </Title>
            <PasswordForm name={user.name} />
          </Paper>
        )}
      </Stack>
    </div>
  );
}
