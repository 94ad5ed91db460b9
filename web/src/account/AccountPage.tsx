import { Anchor, Code, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries.ts";
import { PageHead } from "../shell/PageHead.tsx";
import { Section } from "../shell/Section.tsx";
import { PasswordForm } from "./PasswordForm.tsx";
import { SessionList } from "./SessionList.tsx";
import { TokenList } from "./TokenList.tsx";

/** What is one's own: tokens for programs, the password, and where one is signed in. */
export default function AccountPage() {
  const session = useQuery(sessionQuery).data;
  if (session === undefined) return null;
  const { user, password } = session;
  return (
    <div className="content">
      <PageHead
        title={user.displayName === "" ? user.name : user.displayName}
        about={`Signed in as ${user.name}${user.isAdmin ? ", a server administrator" : ""}`}
      />
      <Stack gap="lg">
        <Section
          title="Tokens"
          about={
            <>
              A token lets a program or the command line in as you, within its scope. The{" "}
              <Anchor href="/api/v1/openapi.json" size="sm">
                API's description
              </Anchor>{" "}
              (OpenAPI) says what can be asked.
            </>
          }
        >
          <TokenList />
        </Section>
        {password.at !== "nowhere" && (
          <Section title="Password">
            {password.at === "here" ? (
              <PasswordForm name={user.name} />
            ) : (
              <Text size="sm">
                You sign in by <Code>{password.address}</Code>. Your password is kept there, and changed there; this
                server does not know it.
              </Text>
            )}
          </Section>
        )}
        <Section title="Sessions" about="Where you are signed in.">
          <SessionList />
        </Section>
      </Stack>
    </div>
  );
}
