import { Button, Group, Stack, Text } from "@mantine/core";
import { IconActivity, IconPlug, IconPlugOff, IconWaveSine } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { LinkStatistics, LinkStatus } from "../../../src/api/index.ts";
import { describeImpairment } from "../../../src/topology/impairment/describe.ts";
import { callLab, type LabAddress } from "../api/call.ts";
import { lossWords, type Rate, rateWords, useRate } from "../graph/rates.ts";
import type { LabVerbs } from "./verbs.ts";

const rateLine = (rate: Rate | undefined): string =>
  rate === undefined
    ? "nothing now"
    : `${rateWords(rate.bitsPerSecond)}, ${Math.round(rate.framesPerSecond)} frames/s${rate.lost > 0 ? `, ${lossWords(rate.lost)} lost` : ""}`;

/** Since the link was impaired, as what impairs it has counted. */
function lossLine(statistics: LinkStatistics | undefined, direction: "ab" | "ba"): string {
  const wire = statistics?.[direction];
  const queue = statistics?.queues?.[direction];
  if (wire !== undefined) {
    const lost = wire.droppedByLoss + wire.droppedByQueue + wire.droppedByCut + wire.droppedAtJack;
    return `${lost} of ${wire.frames} frames lost`;
  }
  return queue === undefined
    ? "nothing is counted"
    : `${queue.dropped} of ${queue.sentFrames + queue.dropped} frames lost`;
}

/** A link as it is. */
export function LiveLinkPanel({
  address,
  link,
  mayChange,
  verbs,
}: {
  readonly address: LabAddress;
  readonly link: LinkStatus;
  readonly mayChange: boolean;
  readonly verbs: LabVerbs;
}) {
  const { id, a, b, state, medium, mtu, ab, ba, blocked } = link;
  const rate = useRate(id);
  const statistics = useQuery({
    queryKey: ["statistics", address.project, address.lab, id],
    queryFn: ({ signal }) => callLab(address, "GET", "/links/:link/statistics", { params: { link: id }, signal }),
    enabled: ab !== undefined || ba !== undefined,
    refetchInterval: 2_000,
  });
  const facts = [
    ["State", state === "up" ? "up" : "cut"],
    ["Medium", medium],
    ["MTU", `${mtu} bytes`],
    [`${a} to ${b}`, describeImpairment(ab)],
    [`${b} to ${a}`, describeImpairment(ba)],
    ...(["ab", "ba"] as const).map((direction) => [
      direction === "ab" ? `${a} sends` : `${b} sends`,
      rateLine(rate?.[direction]),
    ]),
    ...(ab === undefined && ba === undefined
      ? []
      : (["ab", "ba"] as const).map((direction) => [
          direction === "ab" ? `Of what ${a} sent` : `Of what ${b} sent`,
          lossLine(statistics.data, direction),
        ])),
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
