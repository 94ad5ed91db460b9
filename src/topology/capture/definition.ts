import { formatDuration } from "../duration.ts";
import { endpointText } from "../model.ts";
import type { Capture } from "./capture.ts";
import { formatSize } from "./size.ts";

/** A capture as a lab file says it; `readCaptures` reads it as the same. @param literal makes a text that is no variable of any */
export const captureDefinition = (
  { file, interfaces, filter, snaplenBytes, maxFrames, durationMs, ringBytes }: Capture,
  literal: (text: string) => string,
) => ({
  of: interfaces.map(endpointText),
  file,
  ...(filter === undefined ? {} : { filter: literal(filter) }),
  ...(snaplenBytes === undefined ? {} : { snaplen: snaplenBytes }),
  ...(maxFrames === undefined ? {} : { count: maxFrames }),
  ...(durationMs === undefined ? {} : { duration: formatDuration(durationMs) }),
  ...(ringBytes === undefined ? {} : { ring: formatSize(ringBytes) }),
});
