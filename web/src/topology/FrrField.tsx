import { Button, Group, Text, Textarea } from "@mantine/core";
import { useEffect, useState } from "react";

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
  const [entered, setEntered] = useState(text);
  useEffect(() => setEntered(text), [text]);
  if (value !== undefined && value !== null && typeof config !== "string")
    return (
      <Group gap="xs">
        <Text size="sm">FRR's configuration comes from a file.</Text>
        <Button size="compact-xs" variant="light" onClick={onOpen}>
          Show it in the lab file
        </Button>
      </Group>
    );
  const commit = (now: string) =>
    onSet(now.trim() === "" ? undefined : { config: now.endsWith("\n") ? now : `${now}\n` });
  return (
    <Textarea
      size="xs"
      label="frr"
      description="The configuration of FRR (frr.conf), where the setting routing is not enough"
      autosize
      minRows={2}
      maxRows={12}
      mb="xs"
      readOnly={isReadOnly}
      value={entered}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      onChange={({ currentTarget }) => setEntered(currentTarget.value)}
      onBlur={() => {
        if (entered !== text) commit(entered);
      }}
    />
  );
}
