import { Button } from "@mantine/core";
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Ask } from "./Ask.tsx";

/** Takes something away, once it has been asked whether that is meant. */
export function RemoveButton({
  verb,
  what,
  name,
  question = `${verb} ${what} ${name}?`,
  icon,
  whyNot,
  remove,
  stale,
  onRemoved,
  children,
}: {
  readonly verb: "Delete" | "End" | "Remove" | "Revoke";
  /** Such as `token`; and which of them. */
  readonly what: string;
  readonly name: string;
  readonly question?: string;
  readonly icon?: ReactNode;
  /** It cannot be done now. */
  readonly whyNot?: string | undefined;
  readonly remove: () => Promise<unknown>;
  /** What is asked for anew afterwards. */
  readonly stale: readonly QueryKey[];
  readonly onRemoved?: (() => void) | undefined;
  /** What it means, for whoever is asked. */
  readonly children: ReactNode;
}) {
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const removal = useMutation({
    mutationFn: remove,
    onSuccess: () => {
      setAsks(false);
      onRemoved?.();
    },
    onSettled: () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        leftSection={icon}
        disabled={whyNot !== undefined}
        title={whyNot}
        onClick={() => setAsks(true)}
        aria-label={`${verb} ${what} ${name}`}
      >
        {verb}
      </Button>
      <Ask
        isOpen={asks}
        title={question}
        verb={`${verb} ${what}`}
        action={removal}
        onYes={() => removal.mutate()}
        onNo={() => setAsks(false)}
      >
        {children}
      </Ask>
    </>
  );
}
