import { Textarea, type TextareaProps, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";

type Field = {
  readonly label: string;
  readonly description?: string | undefined;
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly onCommit: (text: string) => void;
};

/** What has been entered and does not count yet: not every letter is a change to the lab file. */
function useEntered(text: string) {
  const [entered, setEntered] = useState(text);
  useEffect(() => setEntered(text), [text]);
  return [entered, setEntered] as const;
}

/** A text that counts when one leaves it or presses Enter. */
export function TextField({
  text,
  placeholder,
  isReadOnly,
  error,
  onCommit,
  ...said
}: Field & { readonly placeholder?: string | undefined; readonly error?: string | undefined }) {
  const [entered, setEntered] = useEntered(text);
  const commit = () => {
    const trimmed = entered.trim();
    if (trimmed !== text) onCommit(trimmed);
  };
  return (
    <TextInput
      {...said}
      size="xs"
      placeholder={placeholder}
      value={entered}
      error={error}
      readOnly={isReadOnly}
      onChange={({ currentTarget }) => setEntered(currentTarget.value)}
      onBlur={commit}
      onKeyDown={({ key }) => {
        if (key === "Enter") commit();
        if (key === "Escape") setEntered(text);
      }}
    />
  );
}

/** Lines of text, which count when one leaves them. */
export function LinesField({
  text,
  isReadOnly,
  onCommit,
  ...others
}: Field & Pick<TextareaProps, "minRows" | "maxLength" | "mb" | "styles">) {
  const [entered, setEntered] = useEntered(text);
  return (
    <Textarea
      {...others}
      size="xs"
      autosize
      maxRows={12}
      readOnly={isReadOnly}
      value={entered}
      onChange={({ currentTarget }) => setEntered(currentTarget.value)}
      onBlur={() => {
        if (entered !== text) onCommit(entered);
      }}
    />
  );
}
