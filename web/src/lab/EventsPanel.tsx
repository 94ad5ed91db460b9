import { Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { LabEvent } from "../../../src/api/index.ts";

const shown = 500;

/** What happened in the lab, the newest last. */
export function EventsPanel({ events }: { readonly events: readonly LabEvent[] }) {
  const end = useEnd(events.length);
  if (events.length === 0)
    return (
      <Text size="sm" c="dimmed" p="sm">
        Nothing has happened yet.
      </Text>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys too
    <div className="lines" ref={end} role="log" tabIndex={0} aria-label="Events">
      {events.slice(-shown).map(({ id, at, type, subject, message }) => (
        <div key={id} className="line" data-bad={/failed|exited|lost|interrupted/.test(type) || undefined}>
          <time dateTime={at}>{timeOf(at)}</time>
          <span className="line-type">{type}</span>
          <span>
            <b>{subject}</b> {message}
          </span>
        </div>
      ))}
    </div>
  );
}

export const timeOf = (at: string): string => new Date(at).toLocaleTimeString([], { hour12: false });

/** A list that stays at its end, unless somebody has gone back in it. */
export function useEnd(length: number) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    const look = () => {
      if (element.clientHeight === 0) return;
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    };
    const toEnd = () => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    };
    element.addEventListener("scroll", look);
    // Shown again, or of another height.
    const watch = new ResizeObserver(toEnd);
    watch.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      watch.disconnect();
    };
  });
  useEffect(() => {
    if (length > 0 && isAtEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [length]);
  return list;
}
