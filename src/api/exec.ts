import * as z from "zod";

export { Channel, decodeFrame, encodeFrame, takenOver } from "./exec-frame.ts";

/**
 * Running a command in a node, over one WebSocket. The first text message from the client is an
 * ExecRequest. After it, binary messages carry bytes: the first byte is the channel, the rest the
 * data, unchanged. Text messages carry control, as JSON; one that says nothing of ExecControl ends the connection with
 * the code 1008 (RFC 6455, 7.4.1). The server's last message is the exit.
 *
 * A terminal with `keepMs` outlives its connection: `started` names its session, and within that time an
 * ExecResume as the first message of another connection goes on with it. It is told how many bytes of output came
 * before, gets what came since as far as it is still known (256 KiB), and the connection that had the terminal until
 * then is closed with the code `takenOver`. A client that closes with the code 1000 (RFC 6455, 7.4.1) does not come back: the terminal ends at once.
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
  /** Of a terminal: how long it goes on without a connection. */
  keepMs: z.int().min(1000).max(3_600_000).optional(),
});
export type ExecRequest = z.input<typeof ExecRequest>;

export const ExecResume = z.object({
  /** Of `started`. */
  session: z.string(),
  /** Bytes of output that came before. */
  received: z.int().min(0),
});
export type ExecResume = z.infer<typeof ExecResume>;

export const ExecControl = z.discriminatedUnion("type", [
  z.object({ type: z.literal("stdin-end") }),
  z.object({ type: z.literal("resize"), columns: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) }),
  /** A signal name, e.g. `SIGTERM`, for the command's process group. */
  z.object({ type: z.literal("signal"), signal: z.string() }),
  /** Asks for `pong`: a network that is gone does not say so. */
  z.object({ type: z.literal("ping") }),
  /** Asks in which folder the command is. */
  z.object({ type: z.literal("folder") }),
]);
export type ExecControl = z.infer<typeof ExecControl>;

export const ExecReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), pid: z.int(), session: z.string().optional() }),
  /** `missed`: bytes of output that are not known any more. */
  z.object({ type: z.literal("resumed"), missed: z.int() }),
  z.object({ type: z.literal("pong") }),
  /** As the node sees it; absent where that cannot be told. */
  z.object({ type: z.literal("folder"), path: z.string().optional() }),
  /** exitCode is 128 + the signal's number when a signal ended the command, as in a shell. */
  z.object({ type: z.literal("exit"), exitCode: z.int(), signal: z.string().optional() }),
  z.object({ type: z.literal("error"), code: z.string(), message: z.string(), remedy: z.string().optional() }),
]);
export type ExecReport = z.infer<typeof ExecReport>;
