/**
 * What QEMU sends over QMP, one JSON object a line (https://www.qemu.org/docs/master/interop/qmp-spec.html).
 */
export type QmpMessage =
  | { readonly type: "greeting"; readonly version: string }
  | { readonly type: "return"; readonly id: number | undefined; readonly value: unknown }
  | { readonly type: "error"; readonly id: number | undefined; readonly class: string; readonly description: string }
  | { readonly type: "event"; readonly event: QmpEvent };

export type QmpEvent = {
  /** E.g. `SHUTDOWN`. */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** When QEMU says it happened, in milliseconds since the epoch; 0 when it does not know. */
  readonly atMs: number;
};

/** @throws {SyntaxError} for what is no JSON, or no message of QMP */
export function parseMessage(line: string): QmpMessage {
  const message: unknown = JSON.parse(line);
  if (typeof message !== "object" || message === null) throw new SyntaxError(`no message of QMP: ${line}`);
  const { QMP, id, error, event, data, timestamp } = message as Readonly<Record<string, Record<string, unknown>>>;
  if (QMP !== undefined) return { type: "greeting", version: versionOf(QMP["version"]) };
  const number = typeof id === "number" ? id : undefined;
  if ("return" in message) return { type: "return", id: number, value: message.return };
  if (error !== undefined)
    return { type: "error", id: number, class: String(error["class"]), description: String(error["desc"]) };
  if (typeof event !== "string") throw new SyntaxError(`no message of QMP: ${line}`);
  const { seconds = 0, microseconds = 0 } = (timestamp ?? {}) as { seconds?: number; microseconds?: number };
  const atMs = seconds < 0 ? 0 : Math.round(seconds * 1000 + microseconds / 1000);
  return { type: "event", event: { name: event, data: data ?? {}, atMs } };
}

/** `{qemu: {major, minor, micro}, package}`. */
function versionOf(version: unknown): string {
  const { major, minor, micro } = (version as { qemu?: Record<string, unknown> } | undefined)?.qemu ?? {};
  return `${major}.${minor}.${micro}`;
}
