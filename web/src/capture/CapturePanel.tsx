import { Button, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { IconDownload, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { packetOf } from "../../../src/testing/packets/capture/frame-packet.ts";
import type { LabAddress } from "../api/call.ts";
import { Trouble } from "../shell/states.tsx";
import { PacketDetail } from "./PacketDetail.tsx";
import { PacketList } from "./PacketList.tsx";
import { Shown } from "./shown.ts";
import { useRecording } from "./useRecording.ts";

/** Between two looks at what has come. */
const drawMs = 200;

/** What passes on a link or an interface, while it passes: packets, what is in them, and all of it as a file. */
export default function CapturePanel({ address, target }: { readonly address: LabAddress; readonly target: string }) {
  const [filter, setFilter] = useState("");
  const [run, setRun] = useState({ number: 1, filter: "" });
  const { recording, state, error, lost, ends, stop } = useRecording(address, target, run);
  const [, setDrawn] = useState(0);
  const [chosen, setChosen] = useState<number>();
  const [words, setWords] = useState("");
  /** Of a link, whose packets pass both ends: where they are shown; `both` for all. */
  const [end, setEnd] = useState<string>();
  const at = ends.length < 2 || end === "both" ? undefined : (end ?? ends[0]);
  const shown = useRef(new Shown(""));
  const isRunning = state === "starting" || state === "running";
  const wanted = `${run.number} ${at ?? ""}\n${words}`;
  const known = useRef(wanted);
  if (known.current !== wanted) {
    known.current = wanted;
    shown.current = new Shown(words, at);
    shown.current.look(recording.current.frames);
  }
  const show = (text: string) => setWords(text);

  useEffect(() => {
    let seen = -1;
    let drawnAt = 0;
    let timer: ReturnType<typeof setTimeout>;
    const draw = () => {
      const { frames } = recording.current;
      const goesOn = shown.current.look(frames);
      const now = frames.length + shown.current.count(frames);
      // While many are being looked at, that goes on for most of the time.
      if (now !== seen && (!goesOn || performance.now() - drawnAt >= drawMs)) {
        setDrawn(now);
        seen = now;
        drawnAt = performance.now();
      }
      timer = setTimeout(draw, goesOn ? 0 : drawMs);
    };
    draw();
    return () => clearTimeout(timer);
  }, [recording]);

  const download = () => {
    const url = URL.createObjectURL(new Blob(recording.current.chunks, { type: "application/x-pcapng" }));
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.download = `${address.lab} ${target}.pcapng`.replaceAll(/[^\w.-]+/g, "-");
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
            setChosen(undefined);
            show("");
          }}
        >
          <Group gap="xs" wrap="nowrap">
            <TextInput
              size="xs"
              w={200}
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
          onClick={stop}
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
          w={230}
          placeholder="Show only: tcp 10.0.0.1 !syn"
          aria-label="Show only"
          value={words}
          onChange={({ currentTarget }) => show(currentTarget.value)}
        />
        {ends.length > 1 && (
          <NativeSelect
            size="xs"
            aria-label="At which end"
            title="A packet passes both ends of a link; one that the link lost is seen only where it was sent"
            value={at ?? "both"}
            data={[
              ...ends.map((name) => ({ value: name, label: `as seen at ${name}` })),
              { value: "both", label: ends.length === 2 ? "both ends, each packet twice" : "everywhere" },
            ]}
            onChange={({ currentTarget }) => {
              setEnd(currentTarget.value);
              setChosen(undefined);
            }}
          />
        )}
        <Text size="sm" c="dimmed" role="status">
          {shown.current.isAll ? "" : `${count} of `}
          {frames.length} {frames.length === 1 ? "packet" : "packets"}
          {lost > 0 && (
            <span title="They came faster than they could be taken; a narrower filter helps">, {lost} lost</span>
          )}
          {state === "ended" || state === "broken" ? ", ended" : ""}
          {state === "full" ? ": all that a page keeps, so the capture has ended" : ""}
        </Text>
      </Group>
      {error !== undefined && <Trouble error={error} />}
      {state === "broken" && (
        <Text size="sm" px={10} pb={4} role="alert">
          The connection broke, and the capture ended with it. What came until then is here; Capture again begins anew.
        </Text>
      )}
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
