import { type Endpoint, endpointText } from "../model.ts";
import type { Path } from "../source/source.ts";
import type { Impairments } from "./impairment.ts";
import { type PresetSide, type Report, readImpairment } from "./read.ts";
import type { ImpairmentSettings } from "./settings.ts";

/** What goes for both directions of a link, and on top of it what goes for what one end sends. */
export type LinkImpairmentSettings = ImpairmentSettings & {
  /** By the sending end: `node` or `node:interface`. */
  readonly from?: Readonly<Record<string, ImpairmentSettings>> | undefined;
};

/**
 * The impairments of both directions. Of a preset, the first end is the customer's: it sends what goes
 * `up` and receives what comes `down`. A direction where nothing happens is left out.
 *
 * @returns undefined after reporting what is wrong
 */
export function readImpairments(
  settings: LinkImpairmentSettings,
  path: Path,
  { a, b }: { readonly a: Endpoint; readonly b: Endpoint },
  report: Report,
): Impairments | undefined {
  const direction = (sender: Endpoint, side: PresetSide) => {
    const own = Object.entries(settings.from ?? {}).filter(([name]) => isSender(name, sender));
    const layers = own.map(([name, one]) => ({ settings: one, path: [...path, "from", name] }));
    return readImpairment([{ settings, path }, ...layers], side, report);
  };
  const [ab, ba] = [direction(a, "up"), direction(b, "down")];
  if (ab === undefined || ba === undefined) return undefined;
  return { ...(Object.keys(ab).length === 0 ? {} : { ab }), ...(Object.keys(ba).length === 0 ? {} : { ba }) };
}

/** Reports the names under `from` that none of the ends has. */
export function checkSenders(
  { from }: LinkImpairmentSettings,
  path: Path,
  ends: readonly Endpoint[],
  report: Report,
): boolean {
  const unknown = Object.keys(from ?? {}).filter((name) => !ends.some((end) => isSender(name, end)));
  const senders = [...new Set(ends.map(({ node }) => node))];
  for (const sender of unknown) report("IMPAIRMENT_SENDER_UNKNOWN", { sender, senders }, [...path, "from", sender]);
  return unknown.length === 0;
}

const isSender = (name: string, end: Endpoint): boolean => name === end.node || name === endpointText(end);
