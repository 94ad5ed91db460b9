import { Loader, Text, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import type { Finding } from "./YamlPane.tsx";

/** What is wrong with a lab file, in the words of the command line; pressing one shows its place. */
export function Findings({
  findings,
  error,
  isCurrent,
  onOpen,
}: {
  readonly findings: readonly Finding[] | undefined;
  readonly error: unknown;
  /** Whether they are of the text as it is now. */
  readonly isCurrent: boolean;
  readonly onOpen: (line: number) => void;
}) {
  if (findings === undefined)
    return (
      <div className="findings" role="status">
        {error === null || error === undefined ? (
          <Text size="sm" c="dimmed">
            <Loader size={12} mr={6} /> Reading…
          </Text>
        ) : (
          <Text size="sm" c="red">
            {error instanceof Error ? error.message : String(error)}
          </Text>
        )}
      </div>
    );
  return (
    <section className="findings" aria-live="polite" aria-label="Findings" aria-busy={!isCurrent}>
      {findings.length === 0 && (
        <Text size="sm" className="finding">
          <IconCircleCheck size={16} color="var(--mantine-color-green-6)" aria-hidden /> Nothing is wrong with this lab
          file.
        </Text>
      )}
      {findings.map(({ severity, message, remedy, at }) => (
        <UnstyledButton
          key={`${at?.line}:${at?.column}:${message}`}
          className="finding"
          disabled={at === undefined || at.line === 0}
          onClick={() => onOpen(at?.line ?? 1)}
        >
          {severity === "error" ? (
            <IconCircleX size={16} color="var(--mantine-color-red-6)" aria-label="Error" />
          ) : (
            <IconAlertTriangle size={16} color="var(--mantine-color-yellow-6)" aria-label="Warning" />
          )}
          <span>
            {at !== undefined && at.line > 0 && <b>Line {at.line}: </b>}
            {message} {remedy !== undefined && <span className="remedy">{remedy}</span>}
          </span>
        </UnstyledButton>
      ))}
    </section>
  );
}
