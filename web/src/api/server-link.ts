import { useSyncExternalStore } from "react";

/** Whether the server hears us: what follows it says so, and pages show it. */
export class ServerLink {
  #isLost = false;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly isLost = (): boolean => this.#isLost;

  set(isLost: boolean): void {
    if (isLost === this.#isLost) return;
    this.#isLost = isLost;
    for (const listener of this.#listeners) listener();
  }
}

/** One for the page: there is one server. */
export const serverLink = new ServerLink();

export const useServerLost = (): boolean => useSyncExternalStore(serverLink.subscribe, serverLink.isLost);
