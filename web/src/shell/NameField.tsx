import { TextInput, type TextInputProps } from "@mantine/core";
import { isName, nameRule } from "./names.ts";

/** The name of something new. */
export function NameField({
  name,
  onName,
  ...others
}: { readonly name: string; readonly onName: (name: string) => void } & Omit<TextInputProps, "value" | "onChange">) {
  return (
    <TextInput
      label="Name"
      description={nameRule}
      value={name}
      error={name !== "" && !isName(name) ? "This is no name" : undefined}
      onChange={({ currentTarget }) => onName(currentTarget.value)}
      data-autofocus
      {...others}
    />
  );
}
