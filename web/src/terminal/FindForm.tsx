import { ActionIcon, CloseButton, Text, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useState } from "react";

/** Finds words in what a terminal has shown. */
export function FindForm({
  name,
  words,
  onWords,
  onFind,
  onEnd,
}: {
  /** Of the terminal. */
  readonly name: string;
  /** They stay when it is closed. */
  readonly words: string;
  readonly onWords: (words: string) => void;
  /** @returns whether they are there */
  readonly onFind: (step: 1 | -1) => boolean;
  readonly onEnd: () => void;
}) {
  const [isMissing, setMissing] = useState(false);
  const find = (step: 1 | -1) => setMissing(!onFind(step));
  return (
    <form
      className="terminal-find"
      onSubmit={(event) => {
        event.preventDefault();
        find(-1);
      }}
    >
      <TextInput
        size="xs"
        autoFocus
        aria-label={`Find in the ${name.toLowerCase()}`}
        placeholder="Find"
        value={words}
        aria-invalid={isMissing}
        onChange={({ currentTarget }) => {
          onWords(currentTarget.value);
          setMissing(false);
        }}
        onKeyDown={({ key }) => {
          if (key === "Escape") onEnd();
        }}
      />
      {isMissing && <Text size="xs">not there</Text>}
      <ActionIcon type="submit" variant="default" aria-label="The one before">
        <IconChevronUp size={16} />
      </ActionIcon>
      <ActionIcon variant="default" aria-label="The next one" onClick={() => find(1)}>
        <IconChevronDown size={16} />
      </ActionIcon>
      <CloseButton aria-label="End finding" onClick={onEnd} />
    </form>
  );
}
