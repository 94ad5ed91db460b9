import { CloseButton, Tabs } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { LabEvent } from "../../../src/api/index.ts";
import type { LabAddress } from "../api/call.ts";
import { Loading } from "../shell/states.tsx";
import { EventsPanel } from "./EventsPanel.tsx";
import { LogsPanel } from "./LogsPanel.tsx";

const Terminal = lazy(() => import("../terminal/Terminal.tsx"));
const Capture = lazy(() => import("../capture/CapturePanel.tsx"));

export type DockTab =
  /** An identifier of HTML, too: without spaces. */
  | { readonly id: string; readonly is: "terminal"; readonly node: string }
  | { readonly id: string; readonly is: "console"; readonly node: string }
  | { readonly id: string; readonly is: "capture"; readonly target: string };

export function tabTitle(tab: DockTab): string {
  switch (tab.is) {
    case "terminal":
      return tab.node;
    case "console":
      return `${tab.node}: console`;
    case "capture":
      return `Capture: ${tab.target}`;
  }
}

const leastHeight = 120;
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

/** Below the picture: what happens, what programs say, and terminals and captures, each in its tab. */
export function Dock({
  address,
  events,
  nodes,
  tabs,
  tab,
  onTab,
  onClose,
}: {
  readonly address: LabAddress;
  readonly events: readonly LabEvent[];
  readonly nodes: readonly string[];
  readonly tabs: readonly DockTab[];
  readonly tab: string;
  readonly onTab: (tab: string) => void;
  readonly onClose: (tab: string) => void;
}) {
  const [height, setHeight] = useState(260);
  const open = tabs.find(({ id }) => id === tab);
  const most = () => Math.max(leastHeight, window.innerHeight - 200);
  const resize = (to: number) => setHeight(Math.min(most(), Math.max(leastHeight, to)));
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
      <Tabs id={dockId} value={tab} onChange={(chosen) => onTab(chosen ?? "events")} className="dock-tabs">
        <div className="dock-head">
          <Tabs.List className="dock-list">
            <Tabs.Tab value="events">Events</Tabs.Tab>
            <Tabs.Tab value="logs">Logs</Tabs.Tab>
            {tabs.map((one) => (
              <Tabs.Tab
                key={one.id}
                value={one.id}
                onKeyDown={({ key }) => {
                  if (key === "Delete") onClose(one.id);
                }}
                onAuxClick={({ button }) => {
                  if (button === 1) onClose(one.id);
                }}
              >
                {tabTitle(one)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {open !== undefined && (
            <CloseButton aria-label={`Close ${tabTitle(open)}`} onClick={() => onClose(open.id)} />
          )}
        </div>
        <Panel of="events" tab={tab}>
          <EventsPanel events={events} />
        </Panel>
        <Panel of="logs" tab={tab}>
          <LogsPanel address={address} nodes={nodes} isShown={tab === "logs"} />
        </Panel>
        {tabs.map((one) => (
          <Panel key={one.id} of={one.id} tab={tab}>
            <Suspense fallback={<Loading what={tabTitle(one)} />}>
              {one.is === "capture" ? (
                <Capture address={address} target={one.target} />
              ) : (
                <Terminal address={address} node={one.node} is={one.is} isShown={tab === one.id} />
              )}
            </Suspense>
          </Panel>
        ))}
      </Tabs>
    </section>
  );
}
