import { describe, expect, it } from "vitest";
import { isInside } from "../../web/src/graph/inside.ts";
import { act, type DockState } from "../../web/src/lab/dock-state.ts";
import { move, place, split, type Tree, without } from "../../web/src/lab/panes.ts";

const one: Tree = { is: "pane", id: "a" };

describe("panes", () => {
  it("share the room of the one that is split, and give it back", () => {
    const two = split(one, "a", "beside", "b");
    const three = split(two, "b", "below", "c");
    const four = split(three, "a", "beside", "d");
    expect(Object.fromEntries(place(four).panes)).toEqual({
      a: { left: 0, top: 0, width: 25, height: 100 },
      d: { left: 25, top: 0, width: 25, height: 100 },
      b: { left: 50, top: 0, width: 50, height: 50 },
      c: { left: 50, top: 50, width: 50, height: 50 },
    });
    expect(without(without(four, "d") ?? one, "c")).toEqual({
      ...two,
      parts: [expect.anything(), { share: 1, tree: { is: "pane", id: "b" } }],
    });
    expect(without(one, "a")).toBeUndefined();
  });

  it("move their edges, and none over another", () => {
    const two = split(one, "a", "beside", "b");
    const widths = (tree: Tree) => [...place(tree).panes.values()].map(({ width }) => Math.round(width));
    expect(widths(move(two, [], 0, 0.2))).toEqual([70, 30]);
    expect(widths(move(two, [], 0, -5))).toEqual([10, 90]);
    expect(place(two).seams).toMatchObject([{ path: [], index: 0, direction: "beside", rect: { left: 50 } }]);
  });

  it("are in tabs: the next one is shown when one is closed", () => {
    const empty: DockState = { panes: {}, tabs: [], tab: "events" };
    const pane = { is: "terminal", node: "h1" } as const;
    const first = act(empty, { do: "open", pane, id: "a" });
    const second = act(first, { do: "open", pane, id: "b" });
    const third = act(second, { do: "split", pane, direction: "below", id: "c" });
    expect(third.tabs.map(({ active }) => active)).toEqual(["a", "c"]);
    const closed = act(act(third, { do: "close", pane: "c", id: "" }), { do: "close", pane: "b", id: "" });
    expect([closed.tab, Object.keys(closed.panes)]).toEqual(["tab-a", ["a"]]);
    expect(act(closed, { do: "close", pane: "a", id: "" }).tab).toBe("events");
  });
});

describe("a lasso", () => {
  it("holds what is inside it, also where it bends", () => {
    const corner = [
      [0, 0],
      [10, 0],
      [10, 10],
      [5, 10],
      [5, 5],
      [0, 5],
    ].map(([x = 0, y = 0]) => ({ x, y }));
    expect(
      [
        { x: 2, y: 2 },
        { x: 7, y: 8 },
        { x: 2, y: 8 },
        { x: 11, y: 2 },
      ].map((point) => isInside(point, corner)),
    ).toEqual([true, true, false, false]);
  });
});
