import type { LabEvent } from "../api/index.ts";
import { Feed } from "./feed.ts";

export type EventType = LabEvent["type"];

/** What happened in the lab, in order, from the first event on. Replay from an id is exact. */
export class EventLog {
  readonly #feed = new Feed<LabEvent>();

  record(type: EventType, subject: string, message: string, data?: Readonly<Record<string, unknown>>): LabEvent {
    const event: LabEvent = {
      id: this.#feed.length + 1,
      at: new Date().toISOString(),
      type,
      subject,
      message,
      ...(data === undefined ? {} : { data }),
    };
    this.#feed.push(event);
    return event;
  }

  /** Events from `id` on; with `follow`, also those to come, until the log is closed or `signal` aborts. */
  from(id: number, options: { follow: boolean; signal: AbortSignal }): AsyncGenerator<LabEvent> {
    return this.#feed.read(id - 1, options);
  }

  /** Calls `listener` for every event to come. */
  subscribe(listener: (event: LabEvent) => void): () => void {
    return this.#feed.subscribe(listener);
  }

  close(): void {
    this.#feed.close();
  }
}
