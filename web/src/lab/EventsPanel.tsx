import { Text } from "@mantine/core";
import { memo } from "react";
import { useEnd } from "./useEnd.ts";

const shown = 500;

/** Of a lab, or of what the server did with it. */
type Told = {
  readonly id: number;
  readonly at: string;
  readonly type: string;
  readonly subject: string;
  readonly message: string;
};

/** What happened in the lab, the newest last. */
export const EventsPanel = memo(function EventsPanel({ events }: { readonly events: readonly Told[] }) {
  const end = useEnd(events.at(-1)?.id);
  if (events.length === 0)
    return (
      <Text size="sm" c="dimmed" p="sm">
        Nothing has happened yet.
      </Text>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys too
    <div className="lines" ref={end} role="log" tabIndex={0} aria-label="Events">
      {events.slice(-shown).map((event) => (
        <EventLine key={event.id} event={event} />
      ))}
    </div>
  );
});

/** Made once: making one for each of some hundred lines takes longer than drawing them. */
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const timeOf = (at: string): string => clock.format(new Date(at));

const EventLine = memo(function EventLine({ event: { at, type, subject, message } }: { readonly event: Told }) {
  return (
    <div className="line" data-bad={/failed|exited|lost|interrupted/.test(type) || undefined}>
      <time dateTime={at}>{timeOf(at)}</time>
      <span className="line-type">{type}</span>
      <span>
        <b>{subject}</b> {message}
      </span>
    </div>
  );
});
