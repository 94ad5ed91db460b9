import { Text } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { describePacket } from "../../../src/testing/packets/assert/describe.ts";
import { packetOf } from "../../../src/testing/packets/capture/frame-packet.ts";
import type { RawFrame } from "../../../src/testing/packets/capture/framing.ts";
import type { Shown } from "./shown.ts";

const rowHeight = 20;

/** Only rows that are seen are drawn, and only their packets decoded. */
export function PacketList({
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
              {columns(describePacket(packetOf(frame, index + 1), sinceNs === undefined ? {} : { sinceNs }))}
            </div>
          ),
      )}
    </div>
  );
}

const widths = { number: 6, time: 11, interface: 8, direction: 3 } as const;

/** What is said of a packet, with what is of the same kind below each other. */
function columns(line: string): string {
  const [, number = "", time = "", name = "", direction = "", words = ""] =
    /^(#\d+) (\S+) (\S+)(?: (in|out))? {2}(.*)$/s.exec(line) ?? [];
  if (number === "") return line;
  const parts = [
    number.padEnd(widths.number),
    time.padEnd(widths.time),
    name.padEnd(widths.interface),
    direction.padEnd(widths.direction),
  ];
  return `${parts.join(" ")}  ${words}`;
}
