import { type Direction, idsOf, move, type Pane, split, type Tree, without } from "./panes.ts";

/** Panes in tabs, below the picture of a lab. */
export type DockState = {
  readonly panes: Readonly<Record<string, Pane>>;
  readonly tabs: readonly DockTab[];
  /** The one that is shown: of these, or `events`, `logs`, `captures`, `faults`. */
  readonly tab: string;
};

export type DockTab = {
  readonly id: string;
  readonly tree: Tree;
  /** The pane that has the keyboard. */
  readonly active: string;
};

/** What a pane is of, before it has a name. */
export type PaneOf =
  | { readonly is: "terminal" | "console"; readonly node: string }
  | { readonly is: "capture"; readonly target: string };

export type DockAct =
  | { readonly do: "show"; readonly tab: string }
  | { readonly do: "open"; readonly pane: PaneOf }
  /** In the tab that is shown, beside its active pane or below it; in a tab of its own when there is none. */
  | { readonly do: "split"; readonly pane: PaneOf; readonly direction: Direction }
  | { readonly do: "focus"; readonly pane: string }
  | { readonly do: "close"; readonly pane: string }
  | {
      readonly do: "move";
      readonly tab: string;
      readonly path: readonly number[];
      readonly index: number;
      readonly by: number;
    };

export function act(state: DockState, action: DockAct & { readonly id: string }): DockState {
  switch (action.do) {
    case "show":
      return { ...state, tab: action.tab };
    case "open": {
      const pane = { ...action.pane, id: action.id } as Pane;
      const tab: DockTab = { id: `tab-${action.id}`, tree: { is: "pane", id: action.id }, active: action.id };
      return { panes: { ...state.panes, [action.id]: pane }, tabs: [...state.tabs, tab], tab: tab.id };
    }
    case "split": {
      const tab = state.tabs.find(({ id }) => id === state.tab);
      if (tab === undefined) return act(state, { do: "open", pane: action.pane, id: action.id });
      const pane = { ...action.pane, id: action.id } as Pane;
      const tree = split(tab.tree, tab.active, action.direction, action.id);
      const tabs = state.tabs.map((one) => (one === tab ? { ...tab, tree, active: action.id } : one));
      return { ...state, panes: { ...state.panes, [action.id]: pane }, tabs };
    }
    case "focus": {
      const tabs = state.tabs.map((tab) =>
        tab.active !== action.pane && idsOf(tab.tree).includes(action.pane) ? { ...tab, active: action.pane } : tab,
      );
      return tabs.every((tab, index) => tab === state.tabs[index]) ? state : { ...state, tabs };
    }
    case "close": {
      const { [action.pane]: _, ...panes } = state.panes;
      const at = state.tabs.findIndex(({ tree }) => idsOf(tree).includes(action.pane));
      const tabs = state.tabs.flatMap((tab, index) => {
        if (index !== at) return [tab];
        const tree = without(tab.tree, action.pane);
        if (tree === undefined) return [];
        return [{ ...tab, tree, active: tab.active === action.pane ? (idsOf(tree)[0] ?? "") : tab.active }];
      });
      const isThere = tabs.some(({ id }) => id === state.tab) || !state.tabs.some(({ id }) => id === state.tab);
      const next = tabs[Math.min(at, tabs.length - 1)]?.id ?? "events";
      return { panes, tabs, tab: isThere ? state.tab : next };
    }
    case "move": {
      const { path, index, by } = action;
      const tabs = state.tabs.map((tab) =>
        tab.id === action.tab ? { ...tab, tree: move(tab.tree, path, index, by) } : tab,
      );
      return { ...state, tabs };
    }
    default:
      return action satisfies never;
  }
}
