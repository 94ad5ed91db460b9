import { Accordion, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { IconLink, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Reading } from "../../../src/api/index.ts";
import { lookOf } from "../graph/kinds.tsx";
import type { FileGraph, FileNode } from "./document.ts";
import { FrrField } from "./FrrField.tsx";
import { SettingsForm, TextField } from "./SettingsForm.tsx";
import { fieldOf, kinds, schemaOfKind } from "./schema.ts";

type ReadNode = NonNullable<Reading["lab"]>["nodes"][number];

/** An interface as the file and its reading know it. */
export type PanelInterface = { readonly name: string; readonly to: string | undefined };

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
  const more = all.filter(([key]) => !basic.some(([other]) => other === key));
  const known = kinds();
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
      {!node.isNetwork && interfaces.length > 0 && (
        <Stack gap={6}>
          <Text size="sm" fw={600}>
            {node.kind === "switch" ? "Ports" : "Interfaces"}
          </Text>
          {interfaces.map(({ name, to }) =>
            node.kind === "switch" ? (
              <Port key={name} name={name} to={to} node={node} isReadOnly={isReadOnly} onSet={onSet} />
            ) : (
              <Interface
                key={name}
                name={name}
                to={to}
                node={node}
                read={read}
                isReadOnly={isReadOnly}
                onSet={onSet}
                onOpen={onOpen}
              />
            ),
          )}
        </Stack>
      )}
      {!isReadOnly && <LinkTo node={node} graph={graph} onLink={onLink} />}
      {!node.isNetwork && (
        <>
          <SettingsForm
            properties={basic}
            values={node.settings}
            isReadOnly={isReadOnly}
            onSet={(key, value) => onSet([key], value)}
            onOpen={(key) => onOpen([key])}
          />
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
                <SettingsForm
                  properties={more}
                  values={node.settings}
                  isReadOnly={isReadOnly}
                  onSet={(key, value) => onSet([key], value)}
                  onOpen={(key) => onOpen([key])}
                />
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

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const title = (name: string, to: string | undefined): string => (to === undefined ? name : `${name} to ${to}`);

/** Addresses, written short where they are all that is said of an interface. */
function Interface({
  name,
  to,
  node,
  read,
  isReadOnly,
  onSet,
  onOpen,
}: {
  readonly name: string;
  readonly to: string | undefined;
  readonly node: FileNode;
  readonly read: ReadNode | undefined;
  readonly isReadOnly: boolean;
  readonly onSet: (path: readonly string[], value: unknown) => void;
  readonly onOpen: (path: readonly string[]) => void;
}) {
  const value = record(node.settings["interfaces"])[name];
  const isLong = Object.keys(record(value)).length > 0;
  const written = isLong ? record(value)["addresses"] : value;
  const texts = Array.isArray(written) ? written : written === undefined || written === null ? [] : [written];
  const gateway = record(value)["gateway"];
  const had = read?.interfaces.find((one) => one.name === name)?.addresses.join(", ");
  const path = ["interfaces", name];
  return (
    <>
      <TextField
        label={`${title(name, to)}: addresses`}
        text={texts.join(", ")}
        placeholder={had === undefined || had === "" ? "for example 10.0.0.1/24" : had}
        isReadOnly={isReadOnly}
        onCommit={(entered) => {
          const parts = entered.split(/[\s,]+/).filter((part) => part !== "");
          const addresses = parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : parts;
          onSet(isLong ? [...path, "addresses"] : path, addresses);
        }}
      />
      {(texts.length > 0 || isLong) && node.kind === "host" && (
        <TextField
          label={`${name}: gateway`}
          text={typeof gateway === "string" ? gateway : Array.isArray(gateway) ? gateway.join(", ") : ""}
          isReadOnly={isReadOnly}
          onCommit={(entered) => {
            if (isLong) onSet([...path, "gateway"], entered === "" ? undefined : entered);
            else if (entered !== "") onSet(path, { addresses: written, gateway: entered });
            else onOpen(path);
          }}
        />
      )}
    </>
  );
}

/** The VLANs of a switch's port. */
function Port({
  name,
  to,
  node,
  isReadOnly,
  onSet,
}: {
  readonly name: string;
  readonly to: string | undefined;
  readonly node: FileNode;
  readonly isReadOnly: boolean;
  readonly onSet: (path: readonly string[], value: unknown) => void;
}) {
  const settings = record(record(node.settings["interfaces"])[name]);
  const { vlan, trunk, native } = settings;
  const mode = vlan !== undefined ? "access" : trunk !== undefined ? "trunk" : "";
  const path = ["interfaces", name];
  const { vlan: _, trunk: __, native: ___, "native-tagged": ____, ...rest } = settings;
  const set = (vlans: Readonly<Record<string, unknown>>) => {
    const all = { ...rest, ...vlans };
    onSet(path, Object.keys(all).length === 0 ? undefined : all);
  };
  const number = (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : text);
  return (
    <Stack gap={4}>
      <NativeSelect
        size="xs"
        label={title(name, to)}
        value={mode}
        disabled={isReadOnly}
        data={[
          { value: "", label: "no VLANs" },
          { value: "access", label: "access: one VLAN, untagged" },
          { value: "trunk", label: "trunk: VLANs, tagged" },
        ]}
        onChange={({ currentTarget }) => {
          if (currentTarget.value === "") set({});
          else set(currentTarget.value === "access" ? { vlan: 10 } : { trunk: "all" });
        }}
      />
      {mode === "access" && (
        <TextField
          label={`${name}: VLAN`}
          text={String(vlan)}
          isReadOnly={isReadOnly}
          onCommit={(text) => set(text === "" ? {} : { vlan: number(text) })}
        />
      )}
      {mode === "trunk" && (
        <Group grow gap="xs">
          <TextField
            label={`${name}: VLANs`}
            text={Array.isArray(trunk) ? trunk.join(", ") : String(trunk)}
            isReadOnly={isReadOnly}
            onCommit={(text) =>
              set({
                trunk: text === "" || text === "all" ? "all" : text.split(/[\s,]+/).map(number),
                ...(native === undefined ? {} : { native }),
              })
            }
          />
          <TextField
            label={`${name}: native`}
            text={native === undefined ? "" : String(native)}
            isReadOnly={isReadOnly}
            onCommit={(text) => set({ trunk, ...(text === "" ? {} : { native: number(text) }) })}
          />
        </Group>
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
