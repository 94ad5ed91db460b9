import * as z from "zod";

export { Channel, decodeFrame, encodeFrame } from "./exec-frame.ts";

/**
 * Running a command in a node, over one WebSocket. The first text message from the client is an
 * ExecRequest. After it, binary messages carry bytes: the first byte is the channel, the rest the
 * data, unchanged. Text messages carry control, as JSON. The server's last message is the exit.
 */

export const ExecRequest = z.object({
  argv: z.array(z.string()).min(1),
  /** A terminal: stdout and stderr come as one, and `resize` applies. */
  tty: z.boolean().default(false),
  columns: z.int().min(1).max(10_000).default(80),
  rows: z.int().min(1).max(10_000).default(24),
  environment: z.record(z.string(), z.string()).default({}),
  directory: z.string().optional(),
  user: z.string().optional(),
});
export type ExecRequest = z.input<typeof ExecRequest>;

export const ExecControl = z.discriminatedUnion("type", [
  z.object({ type: z.literal("stdin-end") }),
  z.object({ type: z.literal("resize"), columns: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) }),
  /** A signal name, e.g. `SIGTERM`, for the command's process group. */
  z.object({ type: z.literal("signal"), signal: z.string() }),
]);
export type ExecControl = z.infer<typeof ExecControl>;

export const ExecReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), pid: z.int() }),
  /** exitCode is 128 + the signal's number when a signal ended the command, as in a shell. */
  z.object({ type: z.literal("exit"), exitCode: z.int(), signal: z.string().optional() }),
  z.object({ type: z.literal("error"), code: z.string(), message: z.string(), remedy: z.string().optional() }),
]);
export type ExecReport = z.infer<typeof ExecReport>;
