import { useCallback, useEffect, useReducer } from "react";
import type { LabAddress } from "../api/call.ts";
import { act, type DockAct, type DockState } from "./dock-state.ts";

const empty: DockState = { panes: {}, tabs: [], tab: "events" };

/** Under a name that no other page has, for shells are known by it. */
const newId = (): string => `pane-${Math.random().toString(36).slice(2)}`;

/** What is open, also after the page has been loaded again. Captures are not: what they took was the page's. */
export function useDock({ project, lab }: LabAddress) {
  const key = `netwright.dock.${project}/${lab}`;
  const [state, dispatch] = useReducer(act, key, remembered);
  useEffect(() => {
    sessionStorage.setItem(key, JSON.stringify(state));
  }, [key, state]);
  const perform = useCallback((action: DockAct) => dispatch({ ...action, id: newId() }), []);
  return { state, act: perform };
}

function remembered(key: string): DockState {
  try {
    const known = JSON.parse(sessionStorage.getItem(key) ?? "") as DockState;
    const captures = Object.values(known.panes).filter(({ is }) => is === "capture");
    return captures.reduce((state, { id }) => act(state, { do: "close", pane: id, id: "" }), known);
  } catch {
    return empty;
  }
}
