import { Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { memo, useState } from "react";
import type { LogLine } from "../../../src/api/index.ts";
import { type LabAddress, labPath } from "../api/call.ts";
import { useLines } from "../api/follow.ts";
import { timeOf } from "./EventsPanel.tsx";
import { useEnd } from "./useEnd.ts";

type Numbered = LogLine & { readonly number: number };
const mostLines = 2_000;
const shownLines = 500;

/** What the lab's programs say. */
export const LogsPanel = memo(function LogsPanel({
  address,
  nodes,
  isShown,
}: {
  readonly address: LabAddress;
  readonly nodes: readonly string[];
  readonly isShown: boolean;
}) {
  const [lines, setLines] = useState<readonly Numbered[]>([]);
  useLines<LogLine>(
    isShown ? labPath(address, "/logs") : undefined,
    () => {
      setLines([]);
      return { follow: true, tail: mostLines };
    },
    (fresh) =>
      setLines((known) => {
        const first = (known.at(-1)?.number ?? 0) + 1;
        return [...known, ...fresh.map((line, index) => ({ ...line, number: first + index }))].slice(-mostLines);
      }),
  );
  return <LogLines lines={lines} nodes={nodes} empty="No program has said anything yet." />;
});

/** Lines of logs, to be searched by node and word. */
export function LogLines({
  lines,
  nodes,
  empty,
}: {
  readonly lines: readonly (LogLine & { readonly number?: number })[];
  readonly nodes: readonly string[];
  /** What is said when there is none. */
  readonly empty: string;
}) {
  const [node, setNode] = useState("");
  const [words, setWords] = useState("");
  const wanted = lines
    .map((line, index) => ({ number: index + 1, ...line }))
    .filter((line) => (node === "" || line.node === node) && (words === "" || line.text.includes(words)));
  const end = useEnd(wanted.at(-1)?.number);
  return (
    <div className="column">
      <Group gap="xs" p={6}>
        <NativeSelect
          size="xs"
          aria-label="Of which node"
          value={node}
          data={[{ value: "", label: "all nodes" }, ...nodes]}
          onChange={({ currentTarget }) => setNode(currentTarget.value)}
        />
        <TextInput
          size="xs"
          placeholder="Only lines with…"
          aria-label="Only lines with"
          value={words}
          onChange={({ currentTarget }) => setWords(currentTarget.value)}
        />
      </Group>
      {wanted.length === 0 ? (
        <Text size="sm" c="dimmed" p="sm">
          {lines.length === 0 ? empty : "No line is like that."}
        </Text>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys too
        <div className="lines" ref={end} role="log" tabIndex={0} aria-label="Logs">
          {wanted.slice(-shownLines).map(({ number, at, node: from, source, stream, text }) => (
            <div key={number} className="line" data-bad={stream === "stderr" || undefined}>
              <time dateTime={at}>{timeOf(at)}</time>
              <span className="line-type">
                {from === undefined ? "" : `${from} `}
                {source}
              </span>
              <span>{text}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
