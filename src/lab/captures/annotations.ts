import type { LabEvent } from "../../api/index.ts";

const kinds = ["link.", "node.", "partition.", "fault."] as const;

/** What a capture says of an event, where it happened among the frames; undefined for what has nothing to do with them. */
export function annotationOf({ type, message }: LabEvent): string | undefined {
  return type === "lab.applied" || kinds.some((kind) => type.startsWith(kind)) ? `${type}: ${message}` : undefined;
}
