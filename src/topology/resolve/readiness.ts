import { parseDuration } from "../duration.ts";
import type { Findings } from "../findings.ts";
import type { Readiness, ReadinessCheck } from "../model.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Path } from "../source/source.ts";
import { commandOf, pathProblem } from "./settings.ts";

type Definition = NonNullable<LabDefinition["processes"]>[string];

const defaults = { intervalMs: 200, timeoutMs: 30_000 };

/** A duration of the lab file in milliseconds. Its form has been checked. */
export const milliseconds = (duration: string | undefined, otherwise: number): number =>
  (duration === undefined ? undefined : parseDuration(duration)) ?? otherwise;

/** The one readiness check of a process; undefined after reporting that there is none, or several. */
export function readiness(
  definition: NonNullable<Definition["ready"]>,
  path: Path,
  findings: Findings,
): Readiness | undefined {
  const { tcp, udp, command, log, file } = definition;
  const checks: ReadinessCheck[] = [];
  if (tcp !== undefined) checks.push({ type: "tcp", port: tcp });
  if (udp !== undefined) checks.push({ type: "udp", port: udp });
  if (command !== undefined) checks.push({ type: "command", command: commandOf(command) });
  if (log !== undefined) {
    const problem = patternProblem(log);
    if (problem !== undefined) findings.error("PATTERN_INVALID", { pattern: log, problem }, [...path, "log"]);
    checks.push({ type: "log", pattern: log });
  }
  if (file !== undefined) {
    const problem = pathProblem(file);
    if (problem !== undefined)
      findings.error("PATH_INVALID", { path: file, what: "The file to wait for", problem }, [...path, "file"]);
    checks.push({ type: "file", path: file });
  }
  const [check] = checks;
  if (check === undefined || checks.length > 1) {
    if (!findings.isTainted(path)) findings.error("READY_FORM", { count: checks.length }, path, "key");
    return undefined;
  }
  return {
    intervalMs: Math.max(1, milliseconds(definition.interval, defaults.intervalMs)),
    timeoutMs: milliseconds(definition.timeout, defaults.timeoutMs),
    check,
  };
}

function patternProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.slice(message.lastIndexOf(": ") + 2);
    return reason.charAt(0).toLowerCase() + reason.slice(1);
  }
}
