/**
 * The units in which people write impairments. Each reader takes a text and gives a number, negative
 * ones too, so that the caller can say what is wrong with it; undefined when the text is no such
 * quantity. Each printer writes a text that the reader turns into the same number.
 */

const number = String.raw`(-?\d+(?:\.\d+)?)`;

const delayPattern = new RegExp(`^${number} ?(us|µs|ms|s|m|h)$`);
/** Nanoseconds, so that no digit is lost to fractions; that is also netem's unit. */
const delayUnitNs = { us: 1000, µs: 1000, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 } as const;

/** `20ms`, `500us`, `1.5s`; in milliseconds, to the nanosecond. */
export function parseDelay(text: string): number | undefined {
  const match = delayPattern.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * delayUnitNs[match[2] as keyof typeof delayUnitNs]) / 1e6;
}

export const formatDelay = (ms: number): string => (ms >= 1000 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

const probabilityPattern = new RegExp(`^${number} ?%$`);

/** `0.1%`; as a probability, to 10 digits, which is as fine as draws of 32 bits can tell. */
export function parseProbability(text: string): number | undefined {
  const match = probabilityPattern.exec(text);
  return match === null ? undefined : Math.round(Number(match[1]) * 1e8) / 1e10;
}

export const formatProbability = (probability: number): string =>
  `${(probability * 100).toFixed(8).replace(/\.?0+$/, "")}%`;

const ratePattern = new RegExp(`^${number} ?([kmgt]?)bit(?:/s)?$`, "i");
const rateUnits = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 } as const;

/** `100mbit`, `1.5gbit`, `64kbit/s`: decimal units, as tc(8) has them; in bits per second. */
export function parseRate(text: string): number | undefined {
  const match = ratePattern.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * rateUnits[(match[2] ?? "").toLowerCase() as keyof typeof rateUnits]);
}

export function formatRate(bps: number): string {
  for (const [unit, size] of Object.entries(rateUnits).reverse())
    if (bps % size === 0) return `${bps / size}${unit}bit`;
  return `${bps}bit`;
}

const queuePattern = new RegExp(`^${number} ?(p|packets?|b|kb|kib|mb|mib)$`, "i");
const byteUnits = { b: 1, kb: 1024, kib: 1024, mb: 1024 ** 2, mib: 1024 ** 2 } as const;

/** `1000p`, or `64kb` with units of 1,024 as tc(8) has them. */
export function parseQueue(text: string): { readonly packets: number } | { readonly bytes: number } | undefined {
  const match = queuePattern.exec(text);
  if (match === null) return undefined;
  const count = Number(match[1]);
  const unit = (match[2] ?? "").toLowerCase();
  return unit.startsWith("p")
    ? { packets: count }
    : { bytes: Math.round(count * byteUnits[unit as keyof typeof byteUnits]) };
}

export function formatQueue(queue: { readonly packets: number } | { readonly bytes: number }): string {
  if ("packets" in queue) return `${queue.packets}p`;
  return queue.bytes % 1024 === 0 ? `${queue.bytes / 1024}kb` : `${queue.bytes}b`;
}
