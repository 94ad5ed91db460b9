import { Button, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { removeGroup, removeNote, setGroup, setNote } from "./annotations.ts";
import { LinesField, TextField } from "./TextField.tsx";
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
        <LinesField
          label="Text"
          minRows={3}
          maxLength={4000}
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
