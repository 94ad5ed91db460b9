import { useCallback, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";

/** What is edited, as a whole: the text of the lab file, and where its nodes are drawn. */
export type Draft = { readonly text: string; readonly layout: Layout };

type History = {
  readonly past: readonly Draft[];
  readonly now: Draft;
  readonly future: readonly Draft[];
  readonly mark: string;
};

const mostSteps = 200;

/** A draft whose changes can be undone. Changes with the same mark one after the other are one: typing, or dragging. */
export function useHistory(start: Draft) {
  const [history, setHistory] = useState<History>({ past: [], now: start, future: [], mark: "" });
  const change = useCallback((make: (now: Draft) => Draft, mark = "") => {
    setHistory((known) => {
      const now = make(known.now);
      if (now === known.now || (now.text === known.now.text && now.layout === known.now.layout)) return known;
      const past = mark !== "" && mark === known.mark ? known.past : [...known.past, known.now].slice(-mostSteps);
      return { past, now, future: [], mark };
    });
  }, []);
  const undo = useCallback(
    () =>
      setHistory((known) => {
        const last = known.past.at(-1);
        if (last === undefined) return known;
        return { past: known.past.slice(0, -1), now: last, future: [known.now, ...known.future], mark: "" };
      }),
    [],
  );
  const redo = useCallback(
    () =>
      setHistory((known) => {
        const [next, ...future] = known.future;
        return next === undefined ? known : { past: [...known.past, known.now], now: next, future, mark: "" };
      }),
    [],
  );
  return {
    draft: history.now,
    change,
    undo,
    redo,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  };
}
