import type { Others } from "../api/index.ts";
import type { Tables } from "./data/tables.ts";

type Person = Others["people"][number];
/** Somebody who is there, however many windows they have open: each of these is told of the others. */
type Present = { readonly person: Person; readonly windows: Set<() => void> };

/** Of more, only the number is told. */
const mostTold = 50;

/**
 * Who has which lab or topology open, as the streams of events that are open say. Only this process knows, and only for
 * as long as they are.
 */
export class Presence {
  readonly #places = new Map<string, Map<string, Present>>();

  /**
   * Somebody is there until `signal` aborts.
   *
   * @param place the lab or topology, with its project
   * @returns who else is, at once and whenever that changes
   */
  async *follow(
    place: string,
    { id, name, display_name: displayName }: Pick<Tables["users"], "id" | "name" | "display_name">,
    signal: AbortSignal,
  ): AsyncGenerator<Others, void, undefined> {
    if (signal.aborted) return;
    let isNew = true;
    let wake: () => void = () => undefined;
    const tell = () => {
      isNew = true;
      wake();
    };
    const leave = this.#enter(place, id, { name, displayName }, tell);
    // At once: who reads slowly, or is not reading now, is gone all the same.
    const end = () => {
      leave();
      tell();
    };
    signal.addEventListener("abort", end);
    try {
      while (!signal.aborted) {
        if (isNew) {
          isNew = false;
          yield this.#others(place, id);
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (isNew) resolve();
        });
      }
    } finally {
      signal.removeEventListener("abort", end);
      leave();
    }
  }

  /** @returns what lets a window go */
  #enter(place: string, id: string, person: Person, window: () => void): () => void {
    const present = this.#places.get(place) ?? new Map<string, Present>();
    this.#places.set(place, present);
    const one = present.get(id) ?? { person, windows: new Set() };
    one.windows.add(window);
    if (!present.has(id)) {
      present.set(id, one);
      this.#tellOthers(place, id);
    }
    return () => {
      if (!one.windows.delete(window) || one.windows.size > 0) return;
      present.delete(id);
      if (present.size === 0) this.#places.delete(place);
      else this.#tellOthers(place, id);
    };
  }

  #others(place: string, but: string): Others {
    const others = [...(this.#places.get(place) ?? [])].filter(([id]) => id !== but);
    return { people: others.slice(0, mostTold).map(([, { person }]) => person), count: others.length };
  }

  #tellOthers(place: string, but: string): void {
    for (const [id, { windows }] of this.#places.get(place) ?? [])
      if (id !== but) for (const window of windows) window();
  }
}
