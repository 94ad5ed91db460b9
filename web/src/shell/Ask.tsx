import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Trouble } from "./states.tsx";

/** Asks before something is done that cannot be taken back. */
export function Ask({
  isOpen,
  title,
  verb,
  isBusy,
  error,
  onYes,
  onNo,
  children,
}: {
  readonly isOpen: boolean;
  readonly title: string;
  /** What the button says that does it. */
  readonly verb: string;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onYes: () => void;
  readonly onNo: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Modal opened={isOpen} onClose={onNo} title={title}>
      <Stack>
        <Text size="sm">{children}</Text>
        {error !== null && error !== undefined && <Trouble error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onNo} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={isBusy} onClick={onYes}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
