import { Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { hostQuery, sessionQuery } from "../api/queries.ts";
import { PageHead } from "../shell/PageHead.tsx";
import { Empty } from "../shell/states.tsx";
import { AuditLog } from "./AuditLog.tsx";
import { HostList } from "./HostList.tsx";
import { ImageList } from "./ImageList.tsx";
import { UserList } from "./UserList.tsx";

const tabs = ["users", "audit", "hosts", "images"] as const;

/** What concerns the server as a whole: for its administrators. */
export default function ServerPage({ tab = "users" }: { readonly tab: string | undefined }) {
  const user = useQuery(sessionQuery).data?.user;
  const host = useQuery(hostQuery);
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
      <PageHead
        title="Server"
        about={host.data === undefined ? " " : `Netwright ${host.data.version} at ${location.host}`}
      />
      <Tabs
        value={tabs.find((one) => one === tab) ?? "users"}
        onChange={(chosen) => navigate(`/server/${chosen ?? "users"}`)}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="users">Users</Tabs.Tab>
          <Tabs.Tab value="audit">Audit log</Tabs.Tab>
          <Tabs.Tab value="hosts">Hosts</Tabs.Tab>
          <Tabs.Tab value="images">Images</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="users" pt="md">
          <UserList self={user.name} />
        </Tabs.Panel>
        <Tabs.Panel value="audit" pt="md">
          <AuditLog />
        </Tabs.Panel>
        <Tabs.Panel value="hosts" pt="md">
          <HostList />
        </Tabs.Panel>
        <Tabs.Panel value="images" pt="md">
          <ImageList />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
