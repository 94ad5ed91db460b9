import { Accordion, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { IconLink, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { lookOf } from "../graph/kinds.tsx";
import type { PanelInterface } from "./drawing.ts";
import { FrrField } from "./FrrField.tsx";
import type { FileGraph, FileNode } from "./file-graph.ts";
import { InterfaceFields, type ReadNode } from "./InterfaceFields.tsx";
import { SettingsForm } from "./SettingsForm.tsx";
import { fieldOf, kinds, schemaOfKind } from "./schema.ts";
import { TextField } from "./TextField.tsx";

/** Shown first; the rest is behind one more click. */
const first = ["routing", "image", "engine", "driver", "stp", "internet", "mode", "dut"];
const apart = ["kind", "interfaces", "frr"];

/** What a node is, to be changed. */
export function NodePanel({
  node,
  read,
  graph,
  interfaces,
  isReadOnly,
  onRename,
  onSet,
  onLink,
  onRemove,
  onOpen,
}: {
  readonly node: FileNode;
  readonly read: ReadNode | undefined;
  readonly graph: FileGraph;
  readonly interfaces: readonly PanelInterface[];
  readonly isReadOnly: boolean;
  readonly onRename: (name: string) => void;
  readonly onSet: (path: readonly string[], value: unknown) => void;
  readonly onLink: (other: string) => void;
  readonly onRemove: () => void;
  readonly onOpen: (path: readonly string[]) => void;
}) {
  const [error, setError] = useState<string>();
  const schema = schemaOfKind(node.kind);
  const all = Object.entries(schema?.properties ?? {}).filter(([key]) => !apart.includes(key));
  const basic = all.filter(([key, one]) => first.includes(key) && fieldOf(one).is !== "structure");
  // What a kind has that a host has not is what it is for, and comes before its interfaces.
  const usual = schemaOfKind("host")?.properties ?? {};
  const own = basic.filter(([key]) => usual[key] === undefined);
  const others = basic.filter(([key]) => usual[key] !== undefined);
  const more = all.filter(([key]) => !basic.some(([other]) => other === key));
  const known = kinds();
  const formOf = (properties: typeof all) => (
    <SettingsForm
      properties={properties}
      values={node.settings}
      isReadOnly={isReadOnly}
      onSet={(key, value) => onSet([key], value)}
      onOpen={(key) => onOpen([key])}
    />
  );
  return (
    <Stack gap="sm">
      <TextField
        label="Name"
        text={node.name}
        isReadOnly={isReadOnly}
        error={error}
        onCommit={(name) => {
          const problem =
            name === ""
              ? "A node needs a name"
              : graph.nodes.some((other) => other.name === name)
                ? `There is a node ${name} already`
                : undefined;
          setError(problem);
          if (problem === undefined) onRename(name);
        }}
      />
      {node.isNetwork ? (
        <Text size="sm" c="dimmed">
          A segment, written as a network in the lab file.
        </Text>
      ) : (
        <NativeSelect
          size="xs"
          label="Kind"
          value={node.kind}
          disabled={isReadOnly}
          data={(known.includes(node.kind) ? known : [node.kind, ...known]).map((kind) => ({
            value: kind,
            label: lookOf(kind).title,
          }))}
          onChange={({ currentTarget }) =>
            onSet(["kind"], currentTarget.value === "host" ? undefined : currentTarget.value)
          }
        />
      )}
      {!node.isNetwork && own.length > 0 && formOf(own)}
      {!node.isNetwork && interfaces.length > 0 && (
        <InterfaceFields
          interfaces={interfaces}
          node={node}
          read={read}
          isReadOnly={isReadOnly}
          onSet={onSet}
          onOpen={onOpen}
        />
      )}
      {!isReadOnly && <LinkTo node={node} graph={graph} onLink={onLink} />}
      {!node.isNetwork && (
        <>
          {formOf(others)}
          <Accordion variant="contained" chevronPosition="left">
            <Accordion.Item value="more">
              <Accordion.Control>
                <Text size="sm">All settings</Text>
              </Accordion.Control>
              <Accordion.Panel>
                {schema?.properties?.["frr"] !== undefined && (
                  <FrrField
                    value={node.settings["frr"]}
                    isReadOnly={isReadOnly}
                    onSet={(value) => onSet(["frr"], value)}
                    onOpen={() => onOpen(["frr"])}
                  />
                )}
                {formOf(more)}
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
        </>
      )}
      {!isReadOnly && (
        <Button variant="subtle" color="red" size="xs" leftSection={<IconTrash size={14} />} onClick={onRemove}>
          Delete node
        </Button>
      )}
    </Stack>
  );
}

/** Links without a mouse. */
function LinkTo({
  node,
  graph,
  onLink,
}: {
  readonly node: FileNode;
  readonly graph: FileGraph;
  readonly onLink: (other: string) => void;
}) {
  const [other, setOther] = useState("");
  const others = graph.nodes.filter(({ name }) => name !== node.name).map(({ name }) => name);
  if (others.length === 0) return null;
  const chosen = others.includes(other) ? other : (others[0] ?? "");
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NativeSelect
        size="xs"
        label="Link to"
        data={others}
        value={chosen}
        onChange={({ currentTarget }) => setOther(currentTarget.value)}
        style={{ flexGrow: 1 }}
      />
      <Button size="xs" variant="light" leftSection={<IconLink size={14} />} onClick={() => onLink(chosen)}>
        Link
      </Button>
    </Group>
  );
}
