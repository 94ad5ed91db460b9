import { Button, Modal, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { isFragment } from "./fragment.ts";

/** For browsers that let no page read the clipboard, and for whoever has a text and no keyboard. */
export function PasteDialog({
  isOpen,
  onClose,
  onPaste,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onPaste: (text: string) => void;
}) {
  const [text, setText] = useState("");
  const close = () => {
    setText("");
    onClose();
  };
  const isWrong = text.trim() !== "" && !isFragment(text);
  return (
    <Modal opened={isOpen} onClose={close} title="Paste a part of a lab file">
      <Stack>
        <Textarea
          label="A lab file, or a part of one"
          description="With nodes, links or networks. Names that are taken get a number, and networks that are taken another address"
          autosize
          minRows={6}
          maxRows={16}
          value={text}
          error={isWrong ? "This is no part of a lab file" : undefined}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          data-autofocus
        />
        <Button
          disabled={text.trim() === "" || isWrong}
          onClick={() => {
            onPaste(text);
            close();
          }}
        >
          Paste
        </Button>
      </Stack>
    </Modal>
  );
}
