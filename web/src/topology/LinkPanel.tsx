import { Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { endText, type FileLink, type LinkEnd } from "./file-graph.ts";
import type { ReadLink } from "./pairing.ts";
import { record } from "./record.ts";
import { SettingsForm } from "./SettingsForm.tsx";
import { fieldOf, impairmentSchema, linkSchema } from "./schema.ts";
import { TextField } from "./TextField.tsx";

/** What a link is, to be changed: its ends, addresses, and what happens to its frames. */
export function LinkPanel({
  link,
  read,
  isReadOnly,
  freeSubnet,
  onEnds,
  onSet,
  onRemove,
  onOpen,
}: {
  readonly link: FileLink;
  readonly read: ReadLink | undefined;
  readonly isReadOnly: boolean;
  /** That nothing of the file has. */
  readonly freeSubnet: string;
  readonly onEnds: (a: LinkEnd, b: LinkEnd) => void;
  readonly onSet: (path: readonly string[], value: unknown) => void;
  readonly onRemove: () => void;
  readonly onOpen: (path: readonly string[]) => void;
}) {
  const [direction, setDirection] = useState("");
  const isOfNetwork = "network" in link.at;
  const impairment = record(link.settings["impairment"]);
  const path = direction === "" ? ["impairment"] : ["impairment", "from", direction];
  const values = direction === "" ? impairment : record(record(impairment["from"])[direction]);
  const settings = Object.entries(linkSchema().properties ?? {}).filter(
    ([key, schema]) => !["endpoints", "impairment"].includes(key) && fieldOf(schema).is !== "structure",
  );
  const impairments = Object.entries(impairmentSchema().properties ?? {}).filter(([key]) => key !== "from");
  const rename = (end: LinkEnd, name: string): LinkEnd => ({ ...end, interface: name === "" ? undefined : name });
  const had = (end: LinkEnd) => [read?.a, read?.b].find((one) => one?.node === end.node)?.interface;
  return (
    <Stack gap="sm">
      <TextField
        label={`Interface of ${link.a.node}`}
        text={link.a.interface ?? ""}
        placeholder={had(link.a) ?? "the first that is free"}
        isReadOnly={isReadOnly}
        onCommit={(name) => onEnds(rename(link.a, name), link.b)}
      />
      {!isOfNetwork && (
        <TextField
          label={`Interface of ${link.b.node}`}
          text={link.b.interface ?? ""}
          placeholder={had(link.b) ?? "the first that is free"}
          isReadOnly={isReadOnly}
          onCommit={(name) => onEnds(link.a, rename(link.b, name))}
        />
      )}
      <SettingsForm
        properties={settings.filter(([key]) => !isOfNetwork || key !== "medium")}
        values={link.settings}
        isReadOnly={isReadOnly}
        onSet={(key, value) => onSet([key], value)}
        onOpen={(key) => onOpen([key])}
      />
      {!isReadOnly && link.settings["subnet"] === undefined && (
        <Button
          size="xs"
          h="auto"
          py={4}
          variant="light"
          styles={{ label: { whiteSpace: "normal", lineHeight: 1.3 } }}
          onClick={() => onSet(["subnet"], freeSubnet)}
        >
          Give both ends addresses of {freeSubnet}
        </Button>
      )}
      {!isOfNetwork && (
        <>
          <Text size="sm" fw={600}>
            Impairment
          </Text>
          <SegmentedControl
            size="xs"
            value={direction}
            onChange={setDirection}
            aria-label="Direction of the impairment"
            data={[
              { value: "", label: "both" },
              { value: link.a.node, label: `from ${link.a.node}` },
              { value: link.b.node, label: `from ${link.b.node}` },
            ]}
          />
          <SettingsForm
            key={direction}
            properties={impairments}
            values={values}
            isReadOnly={isReadOnly}
            onSet={(key, value) => onSet([...path, key], value)}
            onOpen={() => onOpen(["impairment"])}
          />
        </>
      )}
      {!isReadOnly && (
        <Button variant="subtle" color="red" size="xs" leftSection={<IconTrash size={14} />} onClick={onRemove}>
          {isOfNetwork ? `Take ${endText(link.a)} out of ${link.b.node}` : "Delete link"}
        </Button>
      )}
    </Stack>
  );
}
