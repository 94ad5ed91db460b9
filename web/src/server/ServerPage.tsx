import { Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { sessionQuery } from "../api/queries.ts";
import { PageHead } from "../shell/PageHead.tsx";
import { Empty } from "../shell/states.tsx";
import { AuditLog } from "./AuditLog.tsx";
import { HostPanel } from "./HostPanel.tsx";
import { UserList } from "./UserList.tsx";

const tabs = ["users", "audit", "host"] as const;

/** What concerns the server as a whole: for its administrators. */
export default function ServerPage({ tab = "users" }: { readonly tab: string | undefined }) {
  const user = useQuery(sessionQuery).data?.user;
  const [, navigate] = useLocation();
  if (user === undefined) return null;
  if (!user.isAdmin)
    return (
      <Empty title="This is for server administrators">
        <Text c="dimmed" ta="center">
          Users, the audit log and the server's state are theirs to see. What is yours is on the page of your account
          and in your projects.
        </Text>
      </Empty>
    );
  return (
    <div className="content">
      <PageHead title="Server" />
      <Tabs
        value={tabs.find((one) => one === tab) ?? "users"}
        onChange={(chosen) => navigate(`/server/${chosen ?? "users"}`)}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="users">Users</Tabs.Tab>
          <Tabs.Tab value="audit">Audit log</Tabs.Tab>
          <Tabs.Tab value="host">Host</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="users" pt="md">
          <UserList self={user.name} />
        </Tabs.Panel>
        <Tabs.Panel value="audit" pt="md">
          <AuditLog />
        </Tabs.Panel>
        <Tabs.Panel value="host" pt="md">
          <HostPanel />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
