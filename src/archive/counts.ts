/** What a copy did. It goes over the lab API as JSON. */
export type CopyCounts = {
  files: number;
  folders: number;
  /** Symbolic and hard links. */
  links: number;
  /** Of files. */
  bytes: number;
  /** What was left out, and why; the first of them only. */
  skipped: { path: string; reason: string }[];
  skippedCount: number;
  /** How many could not be given to the user and group that they had. */
  ownersLost: number;
  /** The first that could not be read; the rest was copied. */
  failed?: { code: string; message: string; remedy?: string };
};

export const newCounts = (): CopyCounts => ({
  files: 0,
  folders: 0,
  links: 0,
  bytes: 0,
  skipped: [],
  skippedCount: 0,
  ownersLost: 0,
});

const mostNamed = 20;

export function skip(counts: CopyCounts, path: string, reason: string): void {
  counts.skippedCount += 1;
  if (counts.skipped.length < mostNamed) counts.skipped.push({ path, reason });
}
