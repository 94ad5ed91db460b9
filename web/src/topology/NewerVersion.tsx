import { Button, Group, Text } from "@mantine/core";

/** Somebody has changed what is open here, and what can be done about it. */
export function NewerVersion({
  what,
  isReadOnly,
  isTaking,
  problem,
  onCompare,
  onTake,
  onGoOn,
}: {
  /** Who did what, and what that means for what is here. */
  readonly what: string;
  readonly isReadOnly: boolean;
  readonly isTaking: boolean;
  /** Why it could not be taken. */
  readonly problem: string | undefined;
  /** Absent where it is shown before anything is done anyway. */
  readonly onCompare?: () => void;
  readonly onTake: () => void;
  readonly onGoOn: () => void;
}) {
  return (
    <section className="newer" aria-label="A newer version">
      <Text size="sm" role="alert">
        {what}
      </Text>
      {problem !== undefined && (
        <Text size="sm" role="status">
          It could not be taken: {problem}
        </Text>
      )}
      <Group gap={6} mt={6}>
        {onCompare !== undefined && (
          <Button size="compact-sm" variant="default" onClick={onCompare}>
            Look at the differences
          </Button>
        )}
        <Button size="compact-sm" variant="default" loading={isTaking} onClick={onTake}>
          {isReadOnly ? "Show it" : "Take it"}
        </Button>
        <Button size="compact-sm" variant="subtle" color="gray" onClick={onGoOn}>
          {isReadOnly ? "Stay with this one" : "Go on with mine"}
        </Button>
      </Group>
    </section>
  );
}
