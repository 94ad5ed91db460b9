const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
export const gibibyte = 2 ** 30;

/** Bytes as people read them: 1.5 GiB. */
export function bytesText(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 2 ** (10 * power);
  return `${amount >= 100 || Number.isInteger(amount) ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}
