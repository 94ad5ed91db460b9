import { Anchor, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery, waysQuery } from "../api/queries.ts";
import { PageHead } from "../shell/PageHead.tsx";
import { Section } from "../shell/Section.tsx";
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
        {hasPassword && (
          <Section title="Password">
            <PasswordForm name={user.name} />
          </Section>
        )}
      </Stack>
    </div>
  );
}
