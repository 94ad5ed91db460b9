import {
  ActionIcon,
  Anchor,
  AppShell,
  Button,
  Group,
  Menu,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconChevronRight, IconKey, IconLogout, IconMoon, IconServerCog, IconSun, IconUser } from "@tabler/icons-react";
import { Fragment, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { User } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";

/** What stands around every page: where one is, who one is, and whether the network is there. */
export function Shell({ user, children }: { readonly user: User; readonly children: ReactNode }) {
  const { online } = useNetwork();
  return (
    <AppShell header={{ height: 48 }} padding={0}>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Anchor href="#main" className="skip">
            Skip to the page
          </Anchor>
          <Group gap={6} wrap="nowrap" component="nav" aria-label="Where you are" miw={0}>
            <Link href="/projects" className="brand">
              <img src="/favicon.svg" width={24} height={24} alt="" />
              <span>Netwright</span>
            </Link>
            <Crumbs />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ColourScheme />
            <UserMenu user={user} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Main id="main" className="page">
        {!online && (
          <Text className="offline" role="status">
            The network is gone. What you see may be old; it goes on by itself when the network is back.
          </Text>
        )}
        {children}
      </AppShell.Main>
    </AppShell>
  );
}

function Crumbs() {
  const [location] = useLocation();
  const crumbs = crumbsOf(location);
  return crumbs.map(({ text, href }, index) => (
    <Fragment key={href}>
      <IconChevronRight size={14} aria-hidden className="dim" />
      <Link href={href} className="crumb" aria-current={index === crumbs.length - 1 ? "page" : undefined}>
        {text}
      </Link>
    </Fragment>
  ));
}

function crumbsOf(location: string): readonly { readonly text: string; readonly href: string }[] {
  const [, root, project, kind, name, edit] = location.split("/").map(decodeURIComponent);
  if (root === "account") return [{ text: "Your account", href: "/account" }];
  if (root === "server") return [{ text: "Server", href: "/server" }];
  return [
    ...(project === undefined ? [] : [{ text: project, href: `/projects/${project}` }]),
    ...(name === undefined ? [] : [{ text: name, href: `/projects/${project}/${kind}/${name}` }]),
    ...(edit === undefined ? [] : [{ text: "edit", href: location }]),
  ];
}

export function ColourScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      onClick={() => setColorScheme(other)}
      aria-label={other === "dark" ? "Use dark colours" : "Use light colours"}
    >
      {scheme === "dark" ? <IconSun size={18} /> : <IconMoon size={18} />}
    </ActionIcon>
  );
}

function UserMenu({ user }: { readonly user: User }) {
  const signOut = async () => {
    await call("DELETE", "/session").catch(() => undefined);
    // Loaded anew, so that nothing stays of what was seen.
    location.assign("/projects");
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-md" leftSection={<IconUser size={16} aria-hidden />}>
          <VisuallyHidden>Signed in as</VisuallyHidden>
          {user.displayName === "" ? user.name : user.displayName}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.isAdmin ? "Server administrator" : "User"}</Menu.Label>
        <Menu.Item leftSection={<IconKey size={16} />} component={Link} href="/account">
          Your account
        </Menu.Item>
        {user.isAdmin && (
          <Menu.Item leftSection={<IconServerCog size={16} />} component={Link} href="/server">
            Server
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
