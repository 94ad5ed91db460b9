import { useSyncExternalStore } from "react";
import { CallError } from "./call.ts";

/** What is between a page and what it is about. */
export type Loss = "server" | "database";

/** Whether the server can be asked, or its database: what follows it and what asks it says so, and pages show it. */
export class ServerLink {
  #isUnheard = false;
  /** What has asked and is asking again, with what it was told the last time. */
  readonly #asking = new Map<string, Loss>();
  #loss: Loss | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly loss = (): Loss | undefined => this.#loss;

  readonly isLost = (): boolean => this.#loss !== undefined;

  /** Of what follows the server. */
  set(isUnheard: boolean): void {
    this.#isUnheard = isUnheard;
    this.#tell();
  }

  /** @param loss undefined where it has been answered, or asks no more */
  asked(who: string, loss: Loss | undefined): void {
    if (loss === undefined) this.#asking.delete(who);
    else this.#asking.set(who, loss);
    this.#tell();
  }

  #tell(): void {
    const [first] = this.#asking.values();
    const loss = first ?? (this.#isUnheard ? "server" : undefined);
    if (loss === this.#loss) return;
    this.#loss = loss;
    for (const listener of this.#listeners) listener();
  }
}

/** What is lost, by what a call came to; undefined where asking again comes to the same. */
export function lossIn(error: unknown): Loss | undefined {
  if (!(error instanceof CallError)) return undefined;
  const { code, problem } = error;
  if (code === "DATABASE_GONE") return "database";
  // A proxy before the server says that it is not there (RFC 9110, 15.6).
  const isProxys = code === "BAD_ANSWER" && problem.status >= 502 && problem.status <= 504;
  return code === "OFFLINE" || isProxys ? "server" : undefined;
}

/** One for the page: there is one server. */
export const serverLink = new ServerLink();

export const useServerLoss = (): Loss | undefined => useSyncExternalStore(serverLink.subscribe, serverLink.loss);
