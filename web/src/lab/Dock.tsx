import { ActionIcon, CloseButton, Menu, Tabs } from "@mantine/core";
import { IconLayoutColumns, IconLayoutRows } from "@tabler/icons-react";
import { lazy, type ReactNode, Suspense, useRef, useState } from "react";
import type { LabEvent } from "../../../src/api/index.ts";
import type { LabAddress } from "../api/call.ts";
import { Loading } from "../shell/states.tsx";
import type { TerminalHandle } from "../terminal/Terminal.tsx";
import type { DockAct, DockState, DockTab } from "./dock-state.ts";
import { EventsPanel } from "./EventsPanel.tsx";
import { LogsPanel } from "./LogsPanel.tsx";
import { type Direction, idsOf, type Pane, place } from "./panes.ts";
import { Seams } from "./Seams.tsx";

const Terminal = lazy(() => import("../terminal/Terminal.tsx"));
const Captures = lazy(() => import("../capture/CapturesPanel.tsx"));
const Capture = lazy(() => import("../capture/CapturePanel.tsx"));

export function paneTitle(pane: Pane): string {
  switch (pane.is) {
    case "terminal":
      return pane.node;
    case "console":
      return `${pane.node}: console`;
    case "capture":
      return `Capture: ${pane.target}`;
  }
}

const leastHeight = 120;
/** At first: so that there is room for the picture above. */
const firstHeight = () => Math.round(Math.min(320, Math.max(200, window.innerHeight * 0.3)));
const dockId = "dock";

/**
 * What a tab shows. Mantine's own panels stop what is in them while they are not seen (React's Activity);
 * terminals and captures are to go on.
 */
function Panel({ of, tab, children }: { readonly of: string; readonly tab: string; readonly children: ReactNode }) {
  return (
    <div
      role="tabpanel"
      id={`${dockId}-panel-${of}`}
      aria-labelledby={`${dockId}-tab-${of}`}
      className="dock-panel"
      hidden={of !== tab}
    >
      {children}
    </div>
  );
}

/** Below the picture: what happens, what programs say, and terminals and captures, each in its tab, or several in one. */
export function Dock({
  address,
  events,
  nodes,
  state,
  act,
  children,
}: {
  readonly address: LabAddress;
  readonly events: readonly LabEvent[];
  readonly nodes: readonly string[];
  readonly state: DockState;
  readonly act: (action: DockAct) => void;
  /** Of the tab `faults`. */
  readonly children: ReactNode;
}) {
  const { panes, tabs, tab } = state;
  const [height, setHeight] = useState(firstHeight);
  const handles = useRef(new Map<string, TerminalHandle>());
  const open = tabs.find(({ id }) => id === tab);
  const active = open === undefined ? undefined : panes[open.active];
  const most = () => Math.max(leastHeight, window.innerHeight - 200);
  const resize = (to: number) => setHeight(Math.min(most(), Math.max(leastHeight, to)));
  const close = (pane: string) => {
    handles.current.get(pane)?.end();
    act({ do: "close", pane });
  };
  const closeTab = (one: DockTab) => {
    for (const pane of idsOf(one.tree)) close(pane);
  };
  const shown = (pane: Pane, of: DockTab) => {
    const isShown = of.id === tab;
    if (pane.is === "capture") return <Capture address={address} target={pane.target} />;
    const same = { is: pane.is, node: pane.node } as const;
    return (
      <Terminal
        address={address}
        id={pane.id}
        node={pane.node}
        is={pane.is}
        isShown={isShown}
        hasFocus={of.active === pane.id}
        onFocus={() => act({ do: "focus", pane: pane.id })}
        onLeave={() => document.getElementById(`${dockId}-tab-${of.id}`)?.focus()}
        onHandle={(handle) => {
          if (handle === undefined) handles.current.delete(pane.id);
          else handles.current.set(pane.id, handle);
        }}
        menu={
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => act({ do: "split", pane: same, direction: "beside" })}>
              Split side by side
            </Menu.Item>
            <Menu.Item onClick={() => act({ do: "split", pane: same, direction: "below" })}>Split below</Menu.Item>
            <Menu.Item onClick={() => close(pane.id)}>Close</Menu.Item>
          </>
        }
      />
    );
  };
  return (
    <section className="dock" style={{ height }} aria-label="Events, logs and terminals">
      <hr
        className="dock-edge"
        tabIndex={0}
        aria-orientation="horizontal"
        aria-label="Height of the panel below"
        aria-valuenow={height}
        onKeyDown={({ key }) => {
          if (key === "ArrowUp") resize(height + 24);
          if (key === "ArrowDown") resize(height - 24);
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(window.innerHeight - event.clientY);
        }}
      />
      <Tabs
        id={dockId}
        value={tab}
        onChange={(chosen) => act({ do: "show", tab: chosen ?? "events" })}
        className="dock-tabs"
      >
        <div className="dock-head">
          <Tabs.List className="dock-list">
            <Tabs.Tab value="events">Events</Tabs.Tab>
            <Tabs.Tab value="logs">Logs</Tabs.Tab>
            <Tabs.Tab value="captures">Captures</Tabs.Tab>
            <Tabs.Tab value="faults">Faults</Tabs.Tab>
            {tabs.map((one) => (
              <Tabs.Tab
                key={one.id}
                value={one.id}
                onKeyDown={({ key }) => {
                  if (key === "Delete") closeTab(one);
                }}
                onAuxClick={({ button }) => {
                  if (button === 1) closeTab(one);
                }}
              >
                {titleOf(one, panes)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {active !== undefined && (
            <>
              {active.is !== "capture" && <SplitButtons nodes={nodes} node={active.node} act={act} />}
              <CloseButton aria-label={`Close ${paneTitle(active)}`} onClick={() => close(active.id)} />
            </>
          )}
        </div>
        <Panel of="events" tab={tab}>
          <EventsPanel events={events} />
        </Panel>
        <Panel of="logs" tab={tab}>
          <LogsPanel address={address} nodes={nodes} isShown={tab === "logs"} />
        </Panel>
        <Panel of="captures" tab={tab}>
          {tab === "captures" && (
            <Suspense fallback={<Loading what="the captures" />}>
              <Captures address={address} />
            </Suspense>
          )}
        </Panel>
        <Panel of="faults" tab={tab}>
          {tab === "faults" && children}
        </Panel>
        {tabs.map((one) => {
          const { panes: rects, seams } = place(one.tree);
          return (
            <Panel key={one.id} of={one.id} tab={tab}>
              {/* In the order of their names: one that is moved in the page would begin anew. */}
              {[...rects]
                .toSorted(([a], [b]) => (a < b ? -1 : 1))
                .map(([id, { left, top, width, height: tall }]) => {
                  const pane = panes[id];
                  if (pane === undefined) return null;
                  return (
                    <section
                      key={id}
                      className="pane"
                      aria-label={paneTitle(pane)}
                      data-active={(rects.size > 1 && one.active === id) || undefined}
                      style={{ left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${tall}%` }}
                    >
                      <Suspense fallback={<Loading what={paneTitle(pane)} />}>{shown(pane, one)}</Suspense>
                    </section>
                  );
                })}
              <Seams seams={seams} onMove={(path, index, by) => act({ do: "move", tab: one.id, path, index, by })} />
            </Panel>
          );
        })}
      </Tabs>
    </section>
  );
}

function titleOf({ tree }: DockTab, panes: DockState["panes"]): string {
  const titles = idsOf(tree).map((id) => {
    const pane = panes[id];
    return pane === undefined ? "" : paneTitle(pane);
  });
  return titles.length < 3 ? titles.join(" | ") : `${titles[0]} and ${titles.length - 1} more`;
}

const mostOffered = 15;
const words = { beside: "Split side by side", below: "Split below" } as const;
const icons = { beside: IconLayoutColumns, below: IconLayoutRows } as const;

/** Another terminal in the same tab: of the same node, or of another. */
function SplitButtons({
  nodes,
  node,
  act,
}: {
  readonly nodes: readonly string[];
  readonly node: string;
  readonly act: (action: DockAct) => void;
}) {
  const offered = [node, ...nodes.filter((one) => one !== node)].slice(0, mostOffered);
  return (["beside", "below"] as const satisfies readonly Direction[]).map((direction) => {
    const Icon = icons[direction];
    return (
      <Menu key={direction} position="top-end" withinPortal shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={words[direction]} title={words[direction]}>
            <Icon size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{words[direction]} with a terminal of</Menu.Label>
          {offered.map((one) => (
            <Menu.Item key={one} onClick={() => act({ do: "split", pane: { is: "terminal", node: one }, direction })}>
              {one}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    );
  });
}
