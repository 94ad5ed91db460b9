import { Button, Group, Text, TextInput } from "@mantine/core";
import { IconDownload, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { describePacket } from "../../../src/testing/packets/assert/describe.ts";
import { packetOf } from "../../../src/testing/packets/capture/frame-packet.ts";
import type { RawFrame } from "../../../src/testing/packets/capture/framing.ts";
import { CaptureReader } from "../../../src/testing/packets/capture/reader.ts";
import { callLab, type LabAddress, labPath } from "../api/call.ts";
import { openStream } from "../api/stream.ts";
import { Trouble } from "../shell/states.tsx";
import { PacketDetail } from "./PacketDetail.tsx";
import { Shown } from "./shown.ts";

const rowHeight = 20;
/** Between two looks at what has come. */
const drawMs = 200;
/** What a page keeps of one capture. */
const mostBytes = 256 * 1024 * 1024;
const mostFrames = 500_000;

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
  const [state, setState] = useState<"starting" | "running" | "ended" | "full">("starting");
  const [error, setError] = useState<unknown>();
  const [, setDrawn] = useState(0);
  const [chosen, setChosen] = useState<number>();
  const [words, setWords] = useState("");
  const shown = useRef(new Shown(""));
  const recording = useRef<Recording>(blank());
  const stop = useRef<() => void>(() => undefined);
  const isRunning = state === "starting" || state === "running";

  useEffect(() => {
    const gone = new AbortController();
    const address = { project, lab };
    const record = blank();
    recording.current = record;
    shown.current = new Shown("");
    setWords("");
    setChosen(undefined);
    setError(undefined);
    setState("starting");
    let isFull = false;
    const work = async () => {
      const { id } = await callLab(address, "POST", "/captures", {
        body: { targets: [target], ...(run.filter === "" ? {} : { filter: run.filter }) },
        signal: gone.signal,
      });
      stop.current = () =>
        void callLab(address, "DELETE", "/captures/:capture", { params: { capture: id } }).catch(() => undefined);
      const path = labPath(address, `/captures/${encodeURIComponent(id)}/stream`);
      const reader = new CaptureReader({ source: target });
      const parts = openStream(path, { signal: gone.signal }, () => setState("running"));
      for await (const part of parts) {
        record.chunks.push(part);
        record.bytes += part.length;
        for (const item of reader.push(part)) if (item.is === "frame") record.frames.push(item.frame);
        if (isFull || (record.bytes < mostBytes && record.frames.length < mostFrames)) continue;
        isFull = true;
        stop.current();
      }
    };
    work()
      .catch((reason: unknown) => {
        if (!gone.signal.aborted) setError(reason);
      })
      .finally(() => {
        if (!gone.signal.aborted) setState(isFull ? "full" : "ended");
      });
    return () => gone.abort();
  }, [project, lab, target, run]);

  useEffect(() => {
    let seen = -1;
    let timer: ReturnType<typeof setTimeout>;
    const draw = () => {
      const { frames } = recording.current;
      const goesOn = shown.current.look(frames);
      const now = frames.length + shown.current.count(frames);
      if (now !== seen) setDrawn(now);
      seen = now;
      timer = setTimeout(draw, goesOn ? 0 : drawMs);
    };
    draw();
    return () => clearTimeout(timer);
  }, []);

  const download = () => {
    const url = URL.createObjectURL(new Blob(recording.current.chunks, { type: "application/x-pcapng" }));
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.download = `${lab} ${target}.pcapng`.replaceAll(/[^\w.-]+/g, "-");
    anchor.click();
    URL.revokeObjectURL(url);
  };
  const { frames } = recording.current;
  const count = shown.current.count(frames);
  const frame = chosen === undefined ? undefined : frames[chosen];
  return (
    <div className="column">
      <Group gap="xs" p={6} className="capture-tools">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setRun(({ number }) => ({ number: number + 1, filter: filter.trim() }));
          }}
        >
          <Group gap="xs" wrap="nowrap">
            <TextInput
              size="xs"
              w={190}
              placeholder="Capture only: icmp, port 80"
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
          disabled={frames.length === 0}
          leftSection={<IconDownload size={14} />}
          onClick={download}
        >
          Download pcapng
        </Button>
        <TextInput
          size="xs"
          w={190}
          placeholder="Show only: tcp 10.0.0.1 !syn"
          aria-label="Show only"
          value={words}
          onChange={({ currentTarget }) => {
            setWords(currentTarget.value);
            shown.current = new Shown(currentTarget.value);
            shown.current.look(frames);
          }}
        />
        <Text size="sm" c="dimmed" role="status">
          {shown.current.isAll ? "" : `${count} of `}
          {frames.length} {frames.length === 1 ? "packet" : "packets"}
          {state === "ended" ? ", ended" : ""}
          {state === "full" ? ": all that a page keeps, so the capture has ended" : ""}
        </Text>
      </Group>
      {error !== undefined && <Trouble error={error} />}
      <div className="packets">
        <PacketList
          empty={
            state === "starting"
              ? "The capture is being started…"
              : frames.length === 0
                ? "No packets yet. They show when they pass."
                : "No packet is like that."
          }
          frames={frames}
          shown={shown.current}
          count={count}
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
  empty,
  frames,
  shown,
  count,
  chosen,
  onChoose,
}: {
  /** What is said when there is none. */
  readonly empty: string;
  readonly frames: readonly RawFrame[];
  readonly shown: Shown;
  readonly count: number;
  readonly chosen: number | undefined;
  readonly onChoose: (index: number) => void;
}) {
  // There may be several captures in a page.
  const id = useId();
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
  const move = (event: KeyboardEvent) => {
    const { key } = event;
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count }[key];
    if (step === undefined || count === 0) return;
    event.preventDefault();
    const row = chosen === undefined ? -1 : shown.rowOf(chosen);
    const next = Math.min(count - 1, Math.max(0, row + step));
    onChoose(shown.at(next));
    const element = list.current;
    if (element === null) return;
    if (next * rowHeight < element.scrollTop) element.scrollTop = next * rowHeight;
    if ((next + 1) * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = (next + 1) * rowHeight - element.clientHeight;
  };
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, offset) => {
    const index = shown.at(first + offset);
    return { row: first + offset, index, frame: frames[index] };
  });
  return (
    <div
      className="packet-list"
      ref={list}
      role="listbox"
      tabIndex={0}
      aria-label="Packets"
      aria-activedescendant={chosen === undefined ? undefined : `${id}-${chosen}`}
      onKeyDown={move}
      onScroll={({ currentTarget }) => {
        setTop(currentTarget.scrollTop);
        isAtEnd.current = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < 40;
      }}
    >
      {count === 0 && (
        <Text size="sm" c="dimmed" p="sm">
          {empty}
        </Text>
      )}
      <div style={{ height: count * rowHeight }} />
      {rows.map(
        ({ row, index, frame }) =>
          frame !== undefined && (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the list
            // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and says which one is active
            <div
              key={index}
              id={`${id}-${index}`}
              className="packet"
              role="option"
              aria-selected={index === chosen}
              aria-setsize={count}
              aria-posinset={row + 1}
              style={{ top: row * rowHeight }}
              onClick={() => onChoose(index)}
            >
              {describePacket(packetOf(frame, index + 1), sinceNs === undefined ? {} : { sinceNs })}
            </div>
          ),
      )}
    </div>
  );
}
