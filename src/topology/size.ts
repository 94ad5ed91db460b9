const unitBytes = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** What a size of memory or a disk looks like, for schemas. */
export const sizePattern = /^(\d+(?:\.\d+)?)(KiB|MiB|GiB|TiB)$/;

/** Reads `512MiB` or `1.5GiB`; in bytes, undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text);
  return match === null ? undefined : Math.round(Number(match[1]) * unitBytes[match[2] as keyof typeof unitBytes]);
}

/** The shortest exact text of a size of whole KiB that `parseSize` reads. */
export function formatSize(bytes: number): string {
  const [unit, size] = Object.entries(unitBytes).findLast(([, one]) => bytes >= one && bytes % one === 0) ?? [
    "KiB",
    1024,
  ];
  return `${bytes / size}${unit}`;
}
