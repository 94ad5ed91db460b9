import * as z from "zod";

/**
 * The console of a node, over one WebSocket. Binary messages carry bytes, unchanged: from the server
 * what the console shows, from the client what is typed. Text messages, as JSON, are ConsoleReports of
 * the server, the first of which says whether the machine has power, or why there is no console; and
 * ConsoleControls of the client.
 */

export const ConsoleQuery = z.object({
  /** `watch`: only looks. `write`: types, beside others. `exclusive`: types alone; others look. */
  mode: z.enum(["watch", "write", "exclusive"]).default("write"),
  /** How many of the last bytes to begin with, as far as they are still known (1 MiB). */
  history: z.coerce
    .number()
    .int()
    .min(0)
    .default(64 * 1024),
});
export type ConsoleQuery = z.input<typeof ConsoleQuery>;
/** With what was left out. */
export type ConsoleSettings = z.output<typeof ConsoleQuery>;

export const ConsoleControl = z.discriminatedUnion("type", [
  /** The client's window. The console, where it is a terminal, has the size of the window of who typed last. */
  z.object({ type: z.literal("resize"), columns: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) }),
  /** Asks for `pong`: a network that is gone does not say so. */
  z.object({ type: z.literal("ping") }),
]);
export type ConsoleControl = z.infer<typeof ConsoleControl>;

export const ConsoleReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("state"), state: z.enum(["on", "off"]) }),
  z.object({ type: z.literal("pong") }),
  z.object({ type: z.literal("error"), code: z.string(), message: z.string(), remedy: z.string().optional() }),
]);
export type ConsoleReport = z.infer<typeof ConsoleReport>;
