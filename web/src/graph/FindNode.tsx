import { Select } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { memo, useMemo } from "react";

/** Finds a node by its name, which is then shown and selected. */
export const FindNode = memo(function FindNode({
  names,
  focus,
  onFind,
}: {
  readonly names: readonly string[];
  readonly focus: string | undefined;
  readonly onFind: (name: string | undefined) => void;
}) {
  const data = useMemo(() => [...names], [names]);
  return (
    <Select
      size="xs"
      w={{ base: 128, md: 150 }}
      searchable
      clearable
      leftSection={<IconSearch size={14} />}
      placeholder="Find a node"
      aria-label="Find a node"
      limit={50}
      data={data}
      value={focus ?? null}
      onChange={(found) => onFind(found ?? undefined)}
    />
  );
});
