import { labError } from "../errors/error.ts";
import { findLink } from "../find-link.ts";
import { findNode } from "../find-node.ts";
import { describeImpairment, impairmentSettings } from "../impairment/describe.ts";
import type { LinkImpairmentSettings } from "../impairment/directions.ts";
import type { Impairments } from "../impairment/impairment.ts";
import { isSwitch, type Lab } from "../model.ts";
import { makePartition } from "../partition/make.ts";
import { healed } from "../partition/partition.ts";
import type { FaultAction, LinkVerb, NodeVerb } from "./schedule.ts";

const linkVerbs: readonly LinkVerb[] = ["down", "up", "set", "clear"];
const nodeVerbs: readonly NodeVerb[] = ["stop", "start", "restart", "pause", "kill"];

/** What can be done, as it is written. */
export const actionUsage: readonly string[] = [
  ...linkVerbs.map((verb) => `link ${verb} LINK`),
  ...nodeVerbs.map((verb) => `node ${verb} NODE`),
  "partition VERB …",
];

/**
 * Reads an action as it would be given on a command line, without `netwright`: `link down r1 r2`,
 * `node kill r1`, `partition isolate h1`.
 *
 * @param impairmentsOf resolves what a `link set` sets, for that link
 * @throws FAULT_ACTION_INVALID, LINK_NOT_FOUND, LINK_AMBIGUOUS, NODE_NOT_FOUND, NODE_HAS_NO_PROCESSES, and those
 * of makePartition
 */
export function parseAction(
  lab: Lab,
  text: string,
  impairmentsOf: (link: Lab["links"][number]) => Impairments,
): FaultAction {
  const [subject, verb, ...words] = text.trim().split(/\s+/);
  if (subject === "partition" && verb !== undefined) {
    return { do: "partition", partition: makePartition(lab, [verb, ...words]), words: [verb, ...words] };
  }
  const linkVerb = linkVerbs.find((known) => known === verb);
  if (subject === "link" && linkVerb !== undefined && words.length > 0) {
    const id = findLink(lab.name, lab.links, words);
    if (linkVerb !== "set") return { do: `link.${linkVerb}`, link: id };
    const link = lab.links.find((one) => one.id === id) as Lab["links"][number];
    const own = link.impairments === undefined ? {} : { own: link.impairments };
    return { do: "link.set", link: id, impairments: impairmentsOf(link), ...own };
  }
  const nodeVerb = nodeVerbs.find((known) => known === verb);
  const [name, ...rest] = words;
  if (subject === "node" && nodeVerb !== undefined && name !== undefined && rest.length === 0) {
    expectMachine(lab, name);
    return { do: `node.${nodeVerb}`, node: name };
  }
  throw labError("FAULT_ACTION_INVALID", { text, usage: actionUsage });
}

export function expectMachine(lab: Lab, name: string): void {
  const node = findNode(lab.name, lab.nodes, name);
  if (isSwitch(node)) throw labError("NODE_HAS_NO_PROCESSES", { node: name, kind: node.kind });
}

/** An action as a step of a fault file says it; `parseAction` reads it as the same. */
export function actionDefinition(action: FaultAction): {
  readonly do: string;
  readonly impairment?: LinkImpairmentSettings;
} {
  const text = actionText(action);
  if (action.do !== "link.set") return { do: text };
  const { ab, ba } = action.impairments;
  const [a = "", b = ""] = endsOf(action.link);
  const from = {
    ...(ab === undefined ? {} : { [a]: impairmentSettings(ab) }),
    ...(ba === undefined ? {} : { [b]: impairmentSettings(ba) }),
  };
  return { do: text, impairment: { from } };
}

function actionText(action: FaultAction): string {
  switch (action.do) {
    case "link.down":
    case "link.up":
    case "link.set":
    case "link.clear":
      return `${action.do.replace(".", " ")} ${endsOf(action.link).join(" ")}`;
    case "node.stop":
    case "node.start":
    case "node.restart":
    case "node.pause":
    case "node.kill":
      return `${action.do.replace(".", " ")} ${action.node}`;
    case "partition":
      return `partition ${action.words.join(" ")}`;
    default:
      return action satisfies never;
  }
}

/** One line for people. */
export function describeAction(action: FaultAction): string {
  if (action.do !== "link.set") return actionText(action);
  const { ab, ba } = action.impairments;
  const [a, b] = endsOf(action.link);
  return `${actionText(action)}: ${a} sends ${describeImpairment(ab)}; ${b} sends ${describeImpairment(ba)}`;
}

/** What ends a fault that lasts a while; undefined for what is over at once, or ends a fault itself. */
export function endOf(action: FaultAction): FaultAction | undefined {
  switch (action.do) {
    case "link.down":
      return { do: "link.up", link: action.link };
    case "link.set": {
      const { link, own } = action;
      return own === undefined ? { do: "link.clear", link } : { do: "link.set", link, impairments: own, own };
    }
    case "node.stop":
    case "node.pause":
    case "node.kill":
      return { do: "node.start", node: action.node };
    case "partition":
      return action.partition.kind === "healed" ? undefined : { do: "partition", partition: healed, words: ["heal"] };
    case "link.up":
    case "link.clear":
    case "node.start":
    case "node.restart":
      return undefined;
    default:
      return action satisfies never;
  }
}

const endsOf = (link: string): readonly string[] => link.split(" — ");
