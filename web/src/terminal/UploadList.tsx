import { Button, CloseButton, Group, Progress, Text } from "@mantine/core";
import type { useUploads } from "./useUploads.ts";

/** Files on their way into a node, and those that have come or failed. */
export function UploadList({ uploads }: { readonly uploads: ReturnType<typeof useUploads> }) {
  return (
    <div className="terminal-uploads" role="status">
      {uploads.list.map((one) => (
        <Group key={one.number} gap={8} wrap="nowrap">
          <Text size="xs" truncate maw={260}>
            {one.error ?? `${one.name}${one.folder === undefined ? "" : ` to ${one.folder}`}`}
          </Text>
          {one.error === undefined && !one.isDone && (
            <Progress w={90} value={one.percent} aria-label={`${one.name}: ${one.percent} percent sent`} />
          )}
          {one.isDone && <Text size="xs">is there</Text>}
          {!one.isDone && one.error === undefined && (
            <Button size="compact-xs" variant="subtle" onClick={one.stop}>
              Stop
            </Button>
          )}
          {(one.isDone || one.error !== undefined) && (
            <CloseButton size="xs" aria-label="Close" onClick={() => uploads.remove(one.number)} />
          )}
        </Group>
      ))}
    </div>
  );
}
