import { Anchor, NativeSelect, Stack, Text } from "@mantine/core";
import { fieldOf, type Schema } from "./schema.ts";
import { TextField } from "./TextField.tsx";

/** Settings, as the schema of lab files knows them: what is absent has its default. */
export function SettingsForm({
  properties,
  values,
  hints = {},
  isReadOnly,
  onSet,
  onOpen,
}: {
  readonly properties: readonly (readonly [string, Schema])[];
  readonly values: Readonly<Record<string, unknown>>;
  /** What holds where nothing is said. */
  readonly hints?: Readonly<Record<string, string>>;
  readonly isReadOnly: boolean;
  readonly onSet: (key: string, value: unknown) => void;
  /** Shows the setting in the lab file. */
  readonly onOpen: (key: string) => void;
}) {
  return (
    <Stack gap="xs">
      {properties.map(([key, schema]) => (
        <Setting
          key={key}
          name={key}
          schema={schema}
          value={values[key]}
          hint={hints[key]}
          isReadOnly={isReadOnly}
          onSet={(value) => onSet(key, value)}
          onOpen={() => onOpen(key)}
        />
      ))}
    </Stack>
  );
}

function Setting({
  name,
  schema,
  value,
  hint,
  isReadOnly,
  onSet,
  onOpen,
}: {
  readonly name: string;
  readonly schema: Schema;
  readonly value: unknown;
  readonly hint: string | undefined;
  readonly isReadOnly: boolean;
  readonly onSet: (value: unknown) => void;
  readonly onOpen: () => void;
}) {
  const field = fieldOf(schema);
  // Written for the documentation, where code is marked.
  const description = schema.description?.replaceAll("`", "");
  const isStructure = typeof value === "object" && value !== null && !(Array.isArray(value) && field.is === "texts");
  if (field.is === "structure" || isStructure)
    return value === undefined ? null : (
      <Text size="sm">
        {name}:{" "}
        <Anchor component="button" type="button" size="sm" onClick={onOpen}>
          in the lab file
        </Anchor>
      </Text>
    );
  if (field.is === "choice" || field.is === "truth") {
    const choices = field.is === "truth" ? ["true", "false"] : field.of;
    return (
      <NativeSelect
        size="xs"
        label={name}
        description={description}
        disabled={isReadOnly}
        value={value === undefined ? "" : String(value)}
        data={[{ value: "", label: hint === undefined ? "default" : `default: ${hint}` }, ...choices]}
        onChange={({ currentTarget }) => {
          const chosen = currentTarget.value;
          onSet(chosen === "" ? undefined : field.is === "truth" ? chosen === "true" : chosen);
        }}
      />
    );
  }
  const text = Array.isArray(value) ? value.join(", ") : value === undefined || value === null ? "" : String(value);
  return (
    <TextField
      label={name}
      description={description}
      text={text}
      placeholder={hint}
      isReadOnly={isReadOnly}
      onCommit={(entered) => onSet(entered === "" ? undefined : settingOf(entered, field.is))}
    />
  );
}

function settingOf(entered: string, is: "number" | "text" | "texts"): unknown {
  if (is === "number") return /^\d+$/.test(entered) ? Number(entered) : entered;
  if (is === "text") return entered;
  const parts = entered
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return parts.length > 1 ? parts : parts[0];
}
