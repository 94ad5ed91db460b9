const sizePattern = /^(\d+(?:\.\d+)?) ?(b|kb|kib|mb|mib|gb|gib)?$/i;
const unitBytes = { b: 1, kb: 1024, kib: 1024, mb: 1024 ** 2, mib: 1024 ** 2, gb: 1024 ** 3, gib: 1024 ** 3 } as const;

/** Reads `64kb`, `4mb` or `1500`, with units of 1,024; in bytes, undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * unitBytes[(match[2] ?? "b").toLowerCase() as keyof typeof unitBytes]);
}

/** The shortest text that `parseSize` reads as the same. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ["mb", unitBytes.mb],
    ["kb", unitBytes.kb],
  ] as const)
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  return `${bytes}b`;
}
