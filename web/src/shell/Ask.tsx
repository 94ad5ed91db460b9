import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { type Action, Trouble } from "./states.tsx";

/** Asks before something is done that cannot be taken back, or that others feel. */
export function Ask({
  isOpen,
  title,
  verb,
  isHarmless = false,
  isReady = true,
  action,
  onYes,
  onNo,
  children,
}: {
  readonly isOpen: boolean;
  readonly title: string;
  /** What the button says that does it. */
  readonly verb: string;
  readonly isHarmless?: boolean;
  /** What is asked for beside it is there. */
  readonly isReady?: boolean;
  readonly action: Action;
  readonly onYes: () => void;
  readonly onNo: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Modal opened={isOpen} onClose={onNo} title={title}>
      <Stack>
        <Text size="sm" component="div">
          {children}
        </Text>
        {action.error !== null && <Trouble error={action.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onNo} data-autofocus>
            Cancel
          </Button>
          <Button
            {...(isHarmless ? {} : { color: "red" })}
            loading={action.isPending}
            disabled={!isReady}
            onClick={onYes}
          >
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
