import { Button, Group, Stack, Text } from "@mantine/core";
import { IconActivity, IconPlug, IconPlugOff, IconWaveSine } from "@tabler/icons-react";
import type { LinkStatus } from "../../../src/api/index.ts";
import { describeImpairment } from "../../../src/topology/impairment/describe.ts";
import type { LabVerbs } from "./verbs.ts";

/** A link as it is. */
export function LiveLinkPanel({
  link,
  mayChange,
  verbs,
}: {
  readonly link: LinkStatus;
  readonly mayChange: boolean;
  readonly verbs: LabVerbs;
}) {
  const { id, a, b, state, medium, mtu, ab, ba, blocked } = link;
  const facts = [
    ["State", state === "up" ? "up" : "cut"],
    ["Medium", medium],
    ["MTU", `${mtu} bytes`],
    [`${a} to ${b}`, describeImpairment(ab)],
    [`${b} to ${a}`, describeImpairment(ba)],
    ...(blocked === undefined || blocked.length === 0 ? [] : [["Partition", "takes frames here"]]),
  ] as const;
  return (
    <Stack gap="sm">
      <Text size="sm" fw={600} className="break">
        {a} to {b}
      </Text>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {mayChange && (
        <Group gap={6}>
          {state === "up" ? (
            <Button
              size="compact-sm"
              color="red"
              variant="light"
              leftSection={<IconPlugOff size={14} />}
              onClick={() => verbs.setLink(id, "down")}
            >
              Cut
            </Button>
          ) : (
            <Button size="compact-sm" leftSection={<IconPlug size={14} />} onClick={() => verbs.setLink(id, "up")}>
              Plug in
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconWaveSine size={14} />}
            onClick={() => verbs.impair(id)}
          >
            Impair
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconActivity size={14} />}
            onClick={() => verbs.capture(id)}
          >
            Capture
          </Button>
        </Group>
      )}
    </Stack>
  );
}
