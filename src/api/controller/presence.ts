import * as z from "zod";
import { LabName, Name } from "./resources.ts";

/** What somebody may have open in a project: a lab, or a topology, which need not be saved yet. */
export const PresencePlace = z.union(
  [z.templateLiteral(["labs/", LabName]), z.templateLiteral(["topologies/", Name])],
  "labs/NAME or topologies/NAME",
);
export type PresencePlace = z.infer<typeof PresencePlace>;

/**
 * Who else has the same open as who asks: each once, in the order in which they came, the first fifty. It comes among a
 * project's events, at first and whenever it changes; it is not kept, so it has no id.
 */
export const PresenceEvent = z.object({
  type: z.literal("presence"),
  project: Name,
  /** What they have open. */
  subject: PresencePlace,
  people: z.array(z.object({ name: Name, displayName: z.string() })),
  /** Of all who are there, also of those who are not among `people`. */
  count: z.int(),
});
export type PresenceEvent = z.infer<typeof PresenceEvent>;

/** Who else is there. */
export type Others = Pick<PresenceEvent, "people" | "count">;
