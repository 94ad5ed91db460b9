import type { LabEvent } from "../../api/index.ts";
import { type FaultTrigger, isMachine, type Lab, needsStart } from "../../topology/index.ts";

/**
 * Whether an event is what a fault waits for. What has nothing to wait for is there at once: a process
 * without a readiness check is ready when it is started, a node with nothing to start is started when
 * the lab runs.
 */
export function isTriggered(trigger: FaultTrigger, event: LabEvent, lab: Lab): boolean {
  if ("process" in trigger) {
    const process = lab.processes.find(({ name }) => name === trigger.process);
    const awaited = trigger.event === "ready" && process?.ready === undefined ? "started" : trigger.event;
    return event.subject === trigger.process && event.type === `process.${awaited}`;
  }
  if (event.subject === trigger.node && event.type === `node.${trigger.event}`) return true;
  if (trigger.event !== "started") return false;
  const node = lab.nodes.find(({ name }) => name === trigger.node);
  if (node === undefined || !isMachine(node) || needsStart(node)) return false;
  if (event.type === "lab.running") return true;
  const action = event.data?.["action"];
  return (
    event.type === "node.changed" && event.subject === trigger.node && (action === "start" || action === "restart")
  );
}
