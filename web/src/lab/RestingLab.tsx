import "../topology/editor.css";
import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useRef, useState } from "react";
import type { ControlledLab, ControllerEvent, Layout } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { useLines } from "../api/follow.ts";
import { labTextQuery } from "../api/queries.ts";
import type { Selection } from "../graph/drawn.ts";
import { Picture } from "../graph/Picture.tsx";
import { usePlaces } from "../graph/useLayout.ts";
import { Trouble } from "../shell/states.tsx";
import { annotationsIn, placesIn } from "../topology/annotations.ts";
import { readDocument } from "../topology/document.ts";
import { drawingOf } from "../topology/drawing.ts";
import { graphIn } from "../topology/file-graph.ts";
import { pairLinks } from "../topology/pairing.ts";
import { read } from "../topology/useReading.ts";
import { EventsPanel } from "./EventsPanel.tsx";
import { FileMarks } from "./FileMarks.tsx";
import { LogLines } from "./LogsPanel.tsx";

const nothing: Selection = { nodes: [], links: [] };
const mostLines = 2_000;

/** A lab that does not run: as its lab file draws it, with what happened to it and what its programs said last. */
export default function RestingLab({
  project,
  lab,
  layout,
  children,
}: {
  readonly project: string;
  readonly lab: ControlledLab;
  readonly layout: Layout | undefined;
  /** Why it rests, and what to do. */
  readonly children: ReactNode;
}) {
  const [selection, setSelection] = useState(nothing);
  const [moved, setMoved] = useState<Layout>({});
  const params = { project, lab: lab.name };
  const text = useQuery(labTextQuery(params));
  const written = text.data?.text;
  // What the file generates is known to the server alone.
  const reading = useQuery({
    queryKey: ["reading", project, written],
    queryFn: ({ signal }) => read(project, written ?? "", signal),
    enabled: written !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const document = useMemo(() => readDocument(written ?? ""), [written]);
  const marks = useMemo(() => annotationsIn(document), [document]);
  const { nodes, links } = useMemo(() => {
    const graph = graphIn(document) ?? { nodes: [], links: [] };
    const drawing = drawingOf(graph, pairLinks(graph, reading.data?.lab), reading.data);
    return {
      nodes: drawing.nodes.map(({ name, kind }) => ({ name, kind, state: "off" as const })),
      links: drawing.links.map((link) => ({ ...link, words: "" })),
    };
  }, [document, reading.data]);
  const names = useMemo(() => nodes.map(({ name }) => name), [nodes]);
  const pairs = useMemo(() => links.map(({ a, b }) => [a, b] as const), [links]);
  const given = useMemo(() => ({ ...placesIn(document), ...layout, ...moved }), [document, layout, moved]);
  const places = usePlaces(names, pairs, given);
  const logs = useQuery({
    queryKey: ["lab", project, lab.name, "last-logs", lab.revision],
    queryFn: ({ signal }) =>
      call("GET", "/projects/:project/labs/:lab/last-logs", { params, query: { tail: mostLines }, signal }),
  });
  const events = useEventsOf(project, lab.name);
  return (
    <div className="live">
      <section className="canvas" aria-label="Picture of the lab">
        <div className="picture">
          {text.isError ? (
            <Trouble error={text.error} onRetry={() => void text.refetch()} />
          ) : (
            <Picture
              nodes={nodes}
              links={links}
              places={text.isPending || reading.isPending ? undefined : places}
              selection={selection}
              onSelect={setSelection}
              onMove={(at) => setMoved((known) => ({ ...known, ...at }))}
            >
              <FileMarks notes={marks.notes} groups={marks.groups} />
            </Picture>
          )}
          <div className="live-tools">
            <div className="live-notice" role="status">
              {children}
            </div>
          </div>
        </div>
      </section>
      <section className="dock" style={{ height: 220 }} aria-label="Events and logs">
        <Tabs id="dock" defaultValue="events" className="dock-tabs" keepMounted={false}>
          <div className="dock-head">
            <Tabs.List className="dock-list">
              <Tabs.Tab value="events">Events</Tabs.Tab>
              <Tabs.Tab value="logs">Logs</Tabs.Tab>
            </Tabs.List>
          </div>
          <Tabs.Panel value="events" className="dock-panel">
            <EventsPanel events={events} />
          </Tabs.Panel>
          <Tabs.Panel value="logs" className="dock-panel">
            {logs.isError ? (
              <Trouble error={logs.error} onRetry={() => void logs.refetch()} />
            ) : (
              <LogLines
                lines={logs.data?.lines ?? []}
                nodes={names}
                empty={
                  logs.isPending ? "The logs are being read…" : "No program said anything, or the logs were removed."
                }
              />
            )}
          </Tabs.Panel>
        </Tabs>
      </section>
    </div>
  );
}

const mostEvents = 500;

/** What the server has done with a lab, as far as it remembers. */
function useEventsOf(project: string, lab: string): readonly ControllerEvent[] {
  const [events, setEvents] = useState<readonly ControllerEvent[]>([]);
  const last = useRef(0);
  useLines<ControllerEvent>(
    `/projects/${encodeURIComponent(project)}/events`,
    () => ({ after: last.current }),
    (lines) => {
      const fresh = lines.filter(({ id }) => id > last.current);
      last.current = fresh.at(-1)?.id ?? last.current;
      const own = fresh.filter(({ subject, type }) => subject === lab && type.startsWith("lab."));
      if (own.length > 0) setEvents((known) => [...known, ...own].slice(-mostEvents));
    },
  );
  return events;
}
