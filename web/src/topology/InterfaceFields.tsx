import { Group, NativeSelect, Stack, Text } from "@mantine/core";
import type { Reading } from "../../../src/api/index.ts";
import type { PanelInterface } from "./drawing.ts";
import type { FileNode } from "./file-graph.ts";
import { record } from "./record.ts";
import { TextField } from "./TextField.tsx";

export type ReadNode = NonNullable<Reading["lab"]>["nodes"][number];

type Common = {
  readonly node: FileNode;
  readonly isReadOnly: boolean;
  readonly onSet: (path: readonly string[], value: unknown) => void;
};

/** The interfaces of a machine, or the ports of a switch. */
export function InterfaceFields({
  interfaces,
  read,
  onOpen,
  ...common
}: Common & {
  readonly interfaces: readonly PanelInterface[];
  readonly read: ReadNode | undefined;
  readonly onOpen: (path: readonly string[]) => void;
}) {
  const isSwitch = common.node.kind === "switch";
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        {isSwitch ? "Ports" : "Interfaces"}
      </Text>
      {interfaces.map((one) =>
        isSwitch ? (
          <Port key={one.name} {...one} {...common} />
        ) : (
          <Interface key={one.name} {...one} {...common} read={read} onOpen={onOpen} />
        ),
      )}
    </Stack>
  );
}

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
}: PanelInterface &
  Common & { readonly read: ReadNode | undefined; readonly onOpen: (path: readonly string[]) => void }) {
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
function Port({ name, to, node, isReadOnly, onSet }: PanelInterface & Common) {
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
