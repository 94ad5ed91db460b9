import { Alert, Button, Center, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CallError } from "../api/call.ts";
import { useServerLoss } from "../api/server-link.ts";

/** Something that is asked of the server: whether it is under way, and what went wrong the last time. */
export type Action = { readonly isPending: boolean; readonly error: Error | null };

/** While something is on its way. Room is kept, so that nothing jumps. */
export function Loading({ what }: { readonly what: string }) {
  const isLost = useServerLoss() !== undefined;
  return (
    <Center mih={200} role="status">
      <Group gap="sm">
        <Loader size="sm" />
        <Text c="dimmed">{isLost ? `Waiting for the server, to load ${what}…` : `Loading ${what}…`}</Text>
      </Group>
    </Center>
  );
}

/** Where there is nothing yet: what could be here, and how it comes here. */
export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Center mih={200}>
      <Stack align="center" gap="xs" maw={460}>
        <Title order={3} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Center>
  );
}

/** What went wrong, in the words of the server: what, where, and what to do. */
export function Trouble({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const problem = error instanceof CallError ? error.problem : undefined;
  const all = problem?.errors ?? [];
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={problem?.detail ?? String(error)} role="alert">
      <Stack gap="xs" align="flex-start">
        {problem?.remedy !== undefined && <Text size="sm">{problem.remedy}</Text>}
        {all.slice(1).map((one) => (
          <Text size="sm" key={`${one.at?.line}:${one.at?.column}:${one.message}`}>
            {one.at === undefined || one.at.line === 0 ? "" : `Line ${one.at.line}: `}
            {one.message} {one.remedy}
          </Text>
        ))}
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
