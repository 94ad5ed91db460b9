import { Button, Group, Text, TextInput } from "@mantine/core";
import { IconDownload, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { describePacket } from "../../../src/testing/packets/assert/describe.ts";
import { packetOf } from "../../../src/testing/packets/capture/frame-packet.ts";
import type { RawFrame } from "../../../src/testing/packets/capture/framing.ts";
import { CaptureReader } from "../../../src/testing/packets/capture/reader.ts";
import { callLab, type LabAddress, labPath, send } from "../api/call.ts";
import { Trouble } from "../shell/states.tsx";
import { PacketDetail } from "./PacketDetail.tsx";

const rowHeight = 20;
/** Between two looks at what has come. */
const drawMs = 200;
const mostBytes = 256 * 1024 * 1024;

type Recording = { readonly chunks: Uint8Array<ArrayBuffer>[]; readonly frames: RawFrame[]; bytes: number };
const blank = (): Recording => ({ chunks: [], frames: [], bytes: 0 });

/** What passes on a link or an interface, while it passes: packets, what is in them, and all of it as a file. */
export default function CapturePanel({
  address: { project, lab },
  target,
}: {
  readonly address: LabAddress;
  readonly target: string;
}) {
  const [filter, setFilter] = useState("");
  const [run, setRun] = useState({ number: 1, filter: "" });
  const [isRunning, setRunning] = useState(true);
  const [isStarted, setStarted] = useState(false);
  const [error, setError] = useState<unknown>();
  const [frames, setFrames] = useState(0);
  const [chosen, setChosen] = useState<number>();
  const recording = useRef<Recording>(blank());
  const stop = useRef<() => void>(() => undefined);

  useEffect(() => {
    const gone = new AbortController();
    const address = { project, lab };
    const record = blank();
    recording.current = record;
    setFrames(0);
    setChosen(undefined);
    setError(undefined);
    setRunning(true);
    setStarted(false);
    const draw = setInterval(() => setFrames(record.frames.length), drawMs);
    const work = async () => {
      const { id } = await callLab(address, "POST", "/captures", {
        body: { targets: [target], ...(run.filter === "" ? {} : { filter: run.filter }) },
        signal: gone.signal,
      });
      stop.current = () =>
        void callLab(address, "DELETE", "/captures/:capture", { params: { capture: id } }).catch(() => undefined);
      const response = await send("GET", labPath(address, `/captures/${encodeURIComponent(id)}/stream`), {
        signal: gone.signal,
      });
      setStarted(true);
      const source = response.body?.getReader();
      const reader = new CaptureReader({ source: target });
      for (;;) {
        const read = await source?.read();
        if (read === undefined || read.done) return;
        record.chunks.push(read.value);
        record.bytes += read.value.length;
        for (const item of reader.push(read.value)) if (item.is === "frame") record.frames.push(item.frame);
        if (record.bytes > mostBytes) stop.current();
      }
    };
    work()
      .catch((reason: unknown) => {
        if (!gone.signal.aborted) setError(reason);
      })
      .finally(() => {
        clearInterval(draw);
        if (gone.signal.aborted) return;
        setFrames(record.frames.length);
        setRunning(false);
      });
    return () => {
      clearInterval(draw);
      gone.abort();
    };
  }, [project, lab, target, run]);

  const download = () => {
    const url = URL.createObjectURL(new Blob(recording.current.chunks, { type: "application/x-pcapng" }));
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.download = `${lab} ${target}.pcapng`.replaceAll(/[^\w.-]+/g, "-");
    anchor.click();
    URL.revokeObjectURL(url);
  };
  const frame = chosen === undefined ? undefined : recording.current.frames[chosen];
  return (
    <div className="column">
      <Group gap="xs" p={6} wrap="nowrap">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setRun(({ number }) => ({ number: number + 1, filter: filter.trim() }));
          }}
        >
          <Group gap="xs" wrap="nowrap">
            <TextInput
              size="xs"
              w={220}
              placeholder="Filter, for example icmp or port 80"
              aria-label="Filter"
              value={filter}
              onChange={({ currentTarget }) => setFilter(currentTarget.value)}
            />
            <Button size="compact-sm" type="submit" variant="default" leftSection={<IconPlayerPlay size={14} />}>
              {isRunning ? "Begin anew" : "Capture again"}
            </Button>
          </Group>
        </form>
        <Button
          size="compact-sm"
          variant="default"
          disabled={!isRunning}
          leftSection={<IconPlayerStop size={14} />}
          onClick={() => stop.current()}
        >
          Stop
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          disabled={frames === 0}
          leftSection={<IconDownload size={14} />}
          onClick={download}
        >
          Download pcapng
        </Button>
        <Text size="sm" c="dimmed" role="status">
          {frames} {frames === 1 ? "packet" : "packets"}
          {isRunning ? "" : ", ended"}
        </Text>
      </Group>
      {error !== undefined && <Trouble error={error} />}
      <div className="packets">
        <PacketList
          isStarted={isStarted}
          frames={recording.current.frames}
          count={frames}
          chosen={chosen}
          onChoose={setChosen}
        />
        {frame !== undefined && chosen !== undefined && <PacketDetail packet={packetOf(frame, chosen + 1)} />}
      </div>
    </div>
  );
}

/** Only rows that are seen are drawn, and only their packets decoded. */
function PacketList({
  isStarted,
  frames,
  count,
  chosen,
  onChoose,
}: {
  readonly isStarted: boolean;
  readonly frames: readonly RawFrame[];
  readonly count: number;
  readonly chosen: number | undefined;
  readonly onChoose: (index: number) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (count > 0 && isAtEnd.current && chosen === undefined && list.current !== null)
      list.current.scrollTop = list.current.scrollHeight;
  }, [count, chosen]);
  const height = list.current?.clientHeight ?? 200;
  const first = Math.max(0, Math.floor(top / rowHeight) - 5);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + 5);
  const sinceNs = frames[0]?.timeNs;
  const move = ({ key, preventDefault }: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[key];
    if (step === undefined || count === 0) return;
    preventDefault();
    const next = Math.min(count - 1, Math.max(0, (chosen ?? -1) + step));
    onChoose(next);
    const element = list.current;
    if (element === null) return;
    if (next * rowHeight < element.scrollTop) element.scrollTop = next * rowHeight;
    if ((next + 1) * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = (next + 1) * rowHeight - element.clientHeight;
  };
  const rows = frames.slice(first, last).map((frame, offset) => ({ index: first + offset, frame }));
  return (
    <div
      className="packet-list"
      ref={list}
      role="listbox"
      tabIndex={0}
      aria-label="Packets"
      aria-activedescendant={chosen === undefined ? undefined : `packet-${chosen}`}
      onKeyDown={(event) => move({ ...event, key: event.key, preventDefault: () => event.preventDefault() })}
      onScroll={({ currentTarget }) => {
        setTop(currentTarget.scrollTop);
        isAtEnd.current = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < 40;
      }}
    >
      {count === 0 && (
        <Text size="sm" c="dimmed" p="sm">
          {isStarted ? "No packets yet. They show when they pass." : "The capture is being started…"}
        </Text>
      )}
      <div style={{ height: count * rowHeight }} />
      {rows.map(({ index, frame }) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the list
        // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and says which one is active
        <div
          key={index}
          id={`packet-${index}`}
          className="packet"
          role="option"
          aria-selected={index === chosen}
          style={{ top: index * rowHeight }}
          onClick={() => onChoose(index)}
        >
          {describePacket(packetOf(frame, index + 1), sinceNs === undefined ? {} : { sinceNs })}
        </div>
      ))}
    </div>
  );
}
