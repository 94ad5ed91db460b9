import { Button, Stack, Text, Textarea } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { removeGroup, removeNote, setGroup, setNote } from "./annotations.ts";
import { TextField } from "./SettingsForm.tsx";
import { type Editing, type Mark, nothing } from "./useEditing.ts";

/** The note or the group that is selected. */
export function MarkPanel({ editing, mark }: { readonly editing: Editing; readonly mark: Mark }) {
  const { annotations, edit, select, mayDraw } = editing;
  const { index } = mark;
  if (mark.of === "note") {
    const note = annotations.notes[index];
    if (note === undefined) return null;
    return (
      <Stack gap="sm">
        <NoteText
          text={note.text}
          isReadOnly={!mayDraw}
          onCommit={(text) => edit((document) => setNote(document, index, { ...note, text }))}
        />
        {mayDraw && (
          <Remove
            what="note"
            onRemove={() => {
              edit((document) => removeNote(document, index));
              select(nothing);
            }}
          />
        )}
      </Stack>
    );
  }
  const group = annotations.groups[index];
  if (group === undefined) return null;
  return (
    <Stack gap="sm">
      <TextField
        label="Title"
        text={group.title}
        isReadOnly={!mayDraw}
        onCommit={(title) => edit((document) => setGroup(document, index, { ...group, title }))}
      />
      <Text size="sm">{group.nodes.join(", ")}</Text>
      <Text size="xs" c="dimmed">
        Its nodes are selected, and move together.
      </Text>
      {mayDraw && (
        <Remove
          what="group"
          onRemove={() => {
            edit((document) => removeGroup(document, index));
            select(nothing);
          }}
        />
      )}
    </Stack>
  );
}

function Remove({ what, onRemove }: { readonly what: "note" | "group"; readonly onRemove: () => void }) {
  return (
    <Button variant="subtle" color="red" size="xs" leftSection={<IconTrash size={14} />} onClick={onRemove}>
      {what === "note" ? "Delete note" : "Dissolve group"}
    </Button>
  );
}

function NoteText({
  text,
  isReadOnly,
  onCommit,
}: {
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly onCommit: (text: string) => void;
}) {
  const [entered, setEntered] = useState(text);
  useEffect(() => setEntered(text), [text]);
  return (
    <Textarea
      size="xs"
      label="Text"
      autosize
      minRows={3}
      maxRows={12}
      maxLength={4000}
      readOnly={isReadOnly}
      value={entered}
      onChange={({ currentTarget }) => setEntered(currentTarget.value)}
      onBlur={() => {
        if (entered !== text) onCommit(entered);
      }}
    />
  );
}
