import { Anchor, Button, Group, Table, Text } from "@mantine/core";
import { IconDownload, IconList } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { CaptureStatus } from "../../../src/api/index.ts";
import { packetOf } from "../../../src/testing/packets/capture/frame-packet.ts";
import type { RawFrame } from "../../../src/testing/packets/capture/framing.ts";
import { CaptureReader } from "../../../src/testing/packets/capture/reader.ts";
import { apiPrefix, callLab, type LabAddress, labPath, send } from "../api/call.ts";
import { Loading, Trouble } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";
import { PacketDetail } from "./PacketDetail.tsx";
import { PacketList } from "./PacketList.tsx";
import { Shown } from "./shown.ts";

const lookMs = 2_000;
const ended = {
  count: "ended: it has all that it was to have",
  duration: "ended: its time is over",
  stopped: "stopped",
  "reader-gone": "ended with its reader",
  "write-failed": "ended: it could not be written",
  lost: "ended: it could not go on",
} as const;

const stateOf = ({ state, reason }: CaptureStatus): string =>
  state === "running"
    ? "runs"
    : state === "interrupted"
      ? "is started again"
      : reason === undefined
        ? "ended"
        : ended[reason];

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const fileOf = (address: LabAddress, id: string): string =>
  labPath(address, `/captures/${encodeURIComponent(id)}/file`);

/** All captures of a lab, whoever began them: those that write a file can be looked into and kept by all. */
export default function CapturesPanel({ address }: { readonly address: LabAddress }) {
  const [opened, setOpened] = useState<string>();
  const captures = useQuery({
    queryKey: ["captures", address.project, address.lab],
    queryFn: ({ signal }) => callLab(address, "GET", "/captures", { signal }),
    refetchInterval: lookMs,
  });
  if (opened !== undefined) return <Opened address={address} id={opened} onClose={() => setOpened(undefined)} />;
  if (captures.isPending) return <Loading what="the captures" />;
  const all = captures.data?.captures ?? [];
  return (
    <div className="column captures">
      {captures.isError && <Trouble error={captures.error} />}
      {all.length === 0 ? (
        <Text size="sm" c="dimmed" p="sm">
          Nothing was captured yet. Captures of all who work in the lab are listed here.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={640}>
          <Table fz="sm" verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Where</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>Since</Table.Th>
                <Table.Th>Packets</Table.Th>
                <Table.Th>Kept</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {all.toReversed().map((capture) => (
                <Row key={capture.id} address={address} capture={capture} onOpen={() => setOpened(capture.id)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </div>
  );
}

function Row({
  address,
  capture,
  onOpen,
}: {
  readonly address: LabAddress;
  readonly capture: CaptureStatus;
  readonly onOpen: () => void;
}) {
  const { id, interfaces, filter, startedAt, file } = capture;
  const lost = sum(interfaces.map(({ droppedByRing, droppedByReader }) => droppedByRing + droppedByReader));
  const where = interfaces.map(({ name }) => name).join(", ");
  return (
    <Table.Tr>
      <Table.Td>
        {where}
        {filter === undefined ? "" : `, only ${filter}`}
      </Table.Td>
      <Table.Td>{stateOf(capture)}</Table.Td>
      <Table.Td>
        <Time text={startedAt} />
      </Table.Td>
      <Table.Td>
        {sum(interfaces.map(({ frames }) => frames))}
        {lost > 0 ? `, ${lost} lost` : ""}
      </Table.Td>
      <Table.Td>
        {file === undefined ? (
          <Text size="sm" c="dimmed">
            by who began it
          </Text>
        ) : (
          <Group gap="sm" wrap="nowrap">
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconList size={14} />}
              onClick={onOpen}
              aria-label={`Show the packets of ${where}`}
            >
              Show
            </Button>
            <Anchor size="sm" href={`${apiPrefix}${fileOf(address, id)}`} download aria-label={`Download ${where}`}>
              <IconDownload size={14} aria-hidden /> Download
            </Anchor>
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** What a file has now. */
function Opened({
  address,
  id,
  onClose,
}: {
  readonly address: LabAddress;
  readonly id: string;
  readonly onClose: () => void;
}) {
  const [chosen, setChosen] = useState<number>();
  const file = useQuery({
    queryKey: ["capture-file", address.project, address.lab, id],
    queryFn: async ({ signal }): Promise<readonly RawFrame[]> => {
      const answer = await send("GET", fileOf(address, id), { signal });
      const reader = new CaptureReader({ source: id });
      return [...reader.push(new Uint8Array(await answer.arrayBuffer()))].flatMap((item) =>
        item.is === "frame" ? [item.frame] : [],
      );
    },
    gcTime: 0,
    retry: false,
  });
  const shown = useMemo(() => new Shown(""), []);
  const frames = file.data ?? [];
  const frame = chosen === undefined ? undefined : frames[chosen];
  return (
    <div className="column">
      <Group gap="xs" p={6}>
        <Button size="compact-sm" variant="default" onClick={onClose}>
          All captures
        </Button>
        <Button size="compact-sm" variant="default" loading={file.isFetching} onClick={() => void file.refetch()}>
          Look again
        </Button>
        <Text size="sm" c="dimmed" role="status">
          {frames.length} {frames.length === 1 ? "packet" : "packets"} so far
        </Text>
      </Group>
      {file.isError && <Trouble error={file.error} />}
      <div className="packets">
        <PacketList
          empty={file.isPending ? "The file is being read…" : "No packets yet."}
          frames={frames}
          shown={shown}
          count={frames.length}
          chosen={chosen}
          onChoose={setChosen}
        />
        {frame !== undefined && chosen !== undefined && <PacketDetail packet={packetOf(frame, chosen + 1)} />}
      </div>
    </div>
  );
}
