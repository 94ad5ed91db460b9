import { Button, type ButtonProps, Stack, type StackProps } from "@mantine/core";
import type { ReactNode } from "react";
import { type Action, Trouble } from "./states.tsx";

/** Fields, what went wrong with what was entered, and the button that sends it. */
export function Form({
  action,
  verb,
  isReady,
  onSubmit,
  button,
  children,
  ...stack
}: {
  readonly action: Action;
  /** What the button says. */
  readonly verb: string;
  readonly isReady: boolean;
  readonly onSubmit: () => void;
  readonly button?: ButtonProps;
  readonly children: ReactNode;
} & Omit<StackProps, "children" | "onSubmit">) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Stack {...stack}>
        {children}
        {action.error !== null && <Trouble error={action.error} />}
        <Button type="submit" loading={action.isPending} disabled={!isReady} {...button}>
          {verb}
        </Button>
      </Stack>
    </form>
  );
}
