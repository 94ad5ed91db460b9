import { captureRingBytes, compileFilter, type RingKind } from "../../kernel/index.ts";
import type { CaptureSpec } from "../contract.ts";
import { ProblemError } from "../problem.ts";
import { defaultSnaplenBytes } from "./capture.ts";
import { FrameFilter } from "./frame-filter.ts";

/** Half a second of 50,000 small frames a second. */
const defaultRingBytes = 4 * 1024 * 1024;

/** The ring that a packet socket needs for what is asked for. */
export const ringOf = ({ ringBytes, snaplenBytes }: CaptureSpec): Extract<RingKind, { kind: "capture" }> => ({
  kind: "capture",
  bytes: captureRingBytes(ringBytes ?? defaultRingBytes),
  snaplenBytes: snaplenBytes ?? defaultSnaplenBytes,
});

/** @throws {ProblemError} request-invalid */
export function checkSpec(spec: CaptureSpec): void {
  const invalid = (message: string) => new ProblemError("request-invalid", message, spec.id);
  if (spec.interfaces.length === 0) throw invalid("a capture needs at least one interface");
  for (const name of ["snaplenBytes", "maxFrames", "ringBytes"] as const) {
    const value = spec[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw invalid(`${name} is ${value}, and must be a whole number above 0`);
  }
  if (spec.durationMs !== undefined && !(spec.durationMs > 0))
    throw invalid(`durationMs is ${spec.durationMs}, and must be above 0`);
}

/** @throws {ProblemError} filter-invalid, filter-unavailable */
export function filterOf({ id, filter, snaplenBytes }: CaptureSpec): FrameFilter | undefined {
  if (filter === undefined) return undefined;
  const result = compileFilter(filter, snaplenBytes ?? defaultSnaplenBytes);
  if ("invalid" in result) throw new ProblemError("filter-invalid", `the filter "${filter}": ${result.invalid}`, id);
  if ("unavailable" in result)
    throw new ProblemError("filter-unavailable", `a filter needs libpcap: ${result.unavailable}`, id);
  return new FrameFilter(result.program);
}
