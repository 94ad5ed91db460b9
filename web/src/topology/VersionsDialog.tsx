import { Badge, Button, Group, Modal, ScrollArea, Text, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { TopologyVersion } from "../../../src/api/index.ts";
import { topologyQuery, versionsQuery } from "../api/queries.ts";
import { More } from "../shell/List.tsx";
import { Loading, Trouble } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";
import { type Changes, changesBetween } from "./changes.ts";
import { differenceOf, hunksOf } from "./difference.ts";

/** All versions of a topology, and how each differs from what is being edited. */
export function VersionsDialog({
  project,
  topology,
  at,
  text,
  isReadOnly,
  isOpen,
  onClose,
  onRestore,
}: {
  readonly project: string;
  readonly topology: string;
  /** The version that is shown first; the newest when absent. */
  readonly at?: number | undefined;
  /** What is being edited. */
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onRestore: (version: TopologyVersion) => void;
}) {
  const versions = useInfiniteQuery({ ...versionsQuery(project, topology), enabled: isOpen });
  const [asked, setAsked] = useState(at);
  const chosen = asked ?? versions.data?.[0]?.version;
  const version = useQuery({
    ...topologyQuery(project, topology, chosen),
    enabled: isOpen && chosen !== undefined,
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Versions of ${topology}`} size={980}>
      <div className="versions">
        <ScrollArea className="version-list" type="auto">
          {versions.isPending && <Loading what="the versions" />}
          {versions.isError && <Trouble error={versions.error} onRetry={() => void versions.refetch()} />}
          {versions.data?.map(({ version: number, author, createdAt, message }) => (
            <UnstyledButton
              key={number}
              className="version"
              aria-pressed={number === chosen}
              onClick={() => setAsked(number)}
            >
              <Text size="sm" fw={600}>
                Version {number}
              </Text>
              {message !== "" && <Text size="sm">{message}</Text>}
              <Text size="xs" c="dimmed">
                {author}, <Time text={createdAt} />
              </Text>
            </UnstyledButton>
          ))}
          <More list={versions} />
        </ScrollArea>
        <section className="version-difference" aria-label="Difference">
          {version.isError && <Trouble error={version.error} />}
          {chosen !== undefined && version.isPending && <Loading what={`version ${chosen}`} />}
          {version.data !== undefined && (
            <>
              <Group justify="space-between" mb="xs" wrap="nowrap">
                <Text size="sm" fw={600}>
                  From version {version.data.version} to what is in the editor
                </Text>
                {!isReadOnly && (
                  <Button
                    size="xs"
                    variant="light"
                    disabled={version.data.text === text}
                    onClick={() => {
                      if (version.data !== undefined) onRestore(version.data);
                      onClose();
                    }}
                  >
                    Restore version {version.data.version}
                  </Button>
                )}
              </Group>
              <Difference before={version.data.text} after={text} />
            </>
          )}
        </section>
      </div>
    </Modal>
  );
}

function Difference({ before, after }: { readonly before: string; readonly after: string }) {
  const hunks = useMemo(() => hunksOf(differenceOf(before, after)), [before, after]);
  const changes = useMemo(() => changesBetween(before, after), [before, after]);
  if (hunks.length === 0)
    return (
      <Text size="sm" c="dimmed">
        There is no difference in the lab file.
      </Text>
    );
  return (
    <>
      {changes !== undefined && <Summary changes={changes} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and who has no mouse has to get there */}
      <section className="difference" aria-label="Lines that differ" tabIndex={0}>
        {hunks.map(({ skipped, lines }) => (
          <div key={`${lines[0]?.old}:${lines[0]?.new}`}>
            {skipped > 0 && (
              <div className="difference-skip">
                … {skipped} {skipped === 1 ? "line" : "lines"}
              </div>
            )}
            {lines.map((line) => (
              <div key={`${line.old}:${line.new}`} className="difference-line" data-is={line.is}>
                <span className="difference-number" aria-hidden>
                  {line.old}
                </span>
                <span className="difference-number" aria-hidden>
                  {line.new}
                </span>
                <code>
                  {line.is !== "same" && (
                    <span className="hidden-text">{line.is === "new" ? "added: " : "removed: "}</span>
                  )}
                  <span aria-hidden>{line.is === "new" ? "+ " : line.is === "gone" ? "- " : "  "}</span>
                  {line.text}
                </code>
              </div>
            ))}
          </div>
        ))}
      </section>
    </>
  );
}

const words = { added: "new", removed: "gone", changed: "changed" } as const;
const colours = { added: "green", removed: "red", changed: "yellow" } as const;
const mostNamed = 6;

function Summary({ changes }: { readonly changes: Changes }) {
  const all = (["nodes", "links"] as const).flatMap((of) =>
    (["added", "removed", "changed"] as const).flatMap((how) => {
      const names = changes[of][how];
      return names.length === 0 ? [] : [{ of, how, names }];
    }),
  );
  if (all.length === 0)
    return (
      <Text size="sm" mb="xs">
        Nodes and links are the same.
      </Text>
    );
  return (
    <ul className="summary" aria-label="Summary">
      {all.map(({ of, how, names }) => (
        <li key={`${of} ${how}`}>
          <Badge variant="light" color={colours[how]} tt="none" mr={8}>
            {names.length} {names.length === 1 ? of.slice(0, -1) : of} {words[how]}
          </Badge>
          <Text span size="sm">
            {names.slice(0, mostNamed).join(", ")}
            {names.length > mostNamed ? " …" : ""}
          </Text>
        </li>
      ))}
    </ul>
  );
}
