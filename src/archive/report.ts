import type { CopyCounts } from "./counts.ts";

type Failure = NonNullable<CopyCounts["failed"]>;
/** What ends a report, and is nowhere else in it. */
const newline = 0x0a;

/** How a copy went, for the other side. */
export type Report =
  | { readonly type: "done"; readonly result: CopyCounts }
  | { readonly type: "failed"; readonly error: Failure };

/**
 * The report that follows an archive. Archives may have more empty blocks at their end than they must.
 *
 * @param pieces what came after the archive's end
 * @returns undefined when it is not whole
 */
export function readReport(pieces: readonly Uint8Array[]): Report | undefined {
  const text = Buffer.concat(pieces).toString("utf8").replace(/^\0+/, "");
  try {
    const report = JSON.parse(text) as Report;
    return report.type === "done" || report.type === "failed" ? report : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The report that follows an archive, once all of it is there: whoever sent it waits for the answer, and
 * may not be able to end their direction alone, as through a proxy.
 */
export function wholeReport(pieces: readonly Uint8Array[]): Report | undefined {
  return pieces.at(-1)?.at(-1) === newline ? readReport(pieces) : undefined;
}
