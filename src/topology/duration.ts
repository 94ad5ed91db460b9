const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** What a duration looks like, for schemas. */
export const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Reads `500ms`, `10s`, `1.5m` or `1h`; in milliseconds, undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text);
  return match === null ? undefined : Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]);
}

/** The shortest exact text of a duration that `parseDuration` reads. */
export const formatDuration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);
