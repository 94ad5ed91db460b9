import { useEffect, useRef, useState } from "react";
import type { Selection } from "./drawn.ts";

const isNothing = ({ nodes, links }: Selection): boolean => nodes.length + links.length === 0;

/**
 * What is selected, for a panel that opens beside the picture: not before the pointer is up, as the picture would move
 * under what is dragged, and where a double click means something, not before there is none, whose second half would hit
 * the panel.
 */
export function useSettled(selection: Selection, doubleClickMs: number): Selection {
  const [settled, setSettled] = useState(selection);
  const pointer = useRef({ isDown: false, wasLast: false });
  useEffect(() => {
    const gone = new AbortController();
    const on = (type: "pointerdown" | "pointerup" | "pointercancel" | "keydown", set: () => void) =>
      window.addEventListener(type, set, { capture: true, signal: gone.signal });
    on("pointerdown", () => {
      pointer.current = { isDown: true, wasLast: true };
    });
    for (const type of ["pointerup", "pointercancel"] as const)
      on(type, () => {
        pointer.current.isDown = false;
      });
    on("keydown", () => {
      pointer.current.wasLast = false;
    });
    return () => gone.abort();
  }, []);
  useEffect(() => {
    const { isDown, wasLast } = pointer.current;
    // What is open already takes no more room, and what closes none.
    if (isNothing(selection) || !isNothing(settled) || !wasLast || (!isDown && doubleClickMs === 0)) {
      setSettled(selection);
      return;
    }
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      timer = setTimeout(() => setSettled(selection), doubleClickMs);
    };
    if (isDown)
      for (const type of ["pointerup", "pointercancel"])
        window.addEventListener(type, open, { once: true, signal: gone.signal });
    else open();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [selection, settled, doubleClickMs]);
  return settled;
}
