import * as z from "zod";

const count = z.number().min(0);

/**
 * What passed on the links of a lab, in one of two kinds of lines. `links` names them, and is sent first and when they
 * have changed; `counts` comes once a second with what passed since the one before it, of links on which something did.
 */
export const CountersLine = z.discriminatedUnion("type", [
  z.object({ type: z.literal("links"), ids: z.array(z.string()) }),
  z.object({
    type: z.literal("counts"),
    at: z.iso.datetime(),
    /** What it is of. */
    elapsedMs: z.number(),
    /**
     * Each of a link, by its place in `links`: then from a to b what was sent at a, in frames and bytes, and what
     * arrived at b; and the same from b to a. At a switch that a machine is plugged into, the two are one.
     */
    of: z.array(z.tuple([z.int(), count, count, count, count, count, count, count, count])),
  }),
]);
export type CountersLine = z.infer<typeof CountersLine>;
