import { createContext, useCallback, useContext, useSyncExternalStore } from "react";

/** What passes in one direction of a link. */
export type Rate = {
  readonly bitsPerSecond: number;
  readonly framesPerSecond: number;
  /** Of what was sent, what did not arrive: 0 to 1. */
  readonly lost: number;
};

export type LinkRate = { readonly ab: Rate; readonly ba: Rate };

/**
 * What passes on the links now. Beside the data of the picture, since it changes each second: only links on which
 * something has changed, and that are seen, are drawn again.
 */
export class LinkRates {
  readonly #rates = new Map<string, LinkRate>();
  readonly #listeners = new Map<string, Set<() => void>>();

  get(link: string): LinkRate | undefined {
    return this.#rates.get(link);
  }

  /** @returns what ends it */
  listen(link: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(link) ?? new Set();
    this.#listeners.set(link, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Replaces all of them. */
  set(rates: ReadonlyMap<string, LinkRate>): void {
    const changed = new Set(rates.keys());
    for (const link of this.#rates.keys()) if (!rates.has(link)) changed.add(link);
    this.#rates.clear();
    for (const [link, rate] of rates) this.#rates.set(link, rate);
    for (const link of changed) for (const listener of this.#listeners.get(link) ?? []) listener();
  }
}

/** Of a lab that runs. */
export const RatesOfLab = createContext<LinkRates | undefined>(undefined);

export function useRate(link: string): LinkRate | undefined {
  const rates = useContext(RatesOfLab);
  const listen = useCallback(
    (listener: () => void) => rates?.listen(link, listener) ?? (() => undefined),
    [rates, link],
  );
  return useSyncExternalStore(listen, () => rates?.get(link));
}

const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];

/** E.g. `1.2 Mbit/s`. */
export function rateWords(bitsPerSecond: number): string {
  let [value, unit] = [bitsPerSecond, 0];
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${value >= 9.95 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** What a network person would say of it: `12 %`, `0.3 %`. */
export const lossWords = (lost: number): string =>
  `${lost >= 0.095 ? Math.round(lost * 100) : (lost * 100).toFixed(1)} %`;
