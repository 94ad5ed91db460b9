import { Button, Group, Text } from "@mantine/core";
import { LinesField } from "./TextField.tsx";

/** The configuration of FRR on a router, as a text of its own. */
export function FrrField({
  value,
  isReadOnly,
  onSet,
  onOpen,
}: {
  /** Of `frr`, in the lab file. */
  readonly value: unknown;
  readonly isReadOnly: boolean;
  readonly onSet: (value: unknown) => void;
  readonly onOpen: () => void;
}) {
  const config = (value as { readonly config?: unknown } | undefined)?.config;
  const text = typeof config === "string" ? config : "";
  if (value !== undefined && value !== null && typeof config !== "string")
    return (
      <Group gap="xs">
        <Text size="sm">FRR's configuration comes from a file.</Text>
        <Button size="compact-xs" variant="light" onClick={onOpen}>
          Show it in the lab file
        </Button>
      </Group>
    );
  return (
    <LinesField
      label="frr"
      description="The configuration of FRR (frr.conf), where the setting routing is not enough"
      minRows={2}
      mb="xs"
      text={text}
      isReadOnly={isReadOnly}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      onCommit={(now) => onSet(now.trim() === "" ? undefined : { config: now.endsWith("\n") ? now : `${now}\n` })}
    />
  );
}
