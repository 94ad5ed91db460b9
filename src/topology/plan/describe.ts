import { frrChange } from "../frr/change.ts";
import { describeImpairment } from "../impairment/describe.ts";
import {
  endpointText,
  type Interface,
  kindOfNode,
  type LabNode,
  type LinkConditions,
  type Route,
  type RouterNode,
  runsPrograms,
} from "../model.ts";
import { closesOnly } from "../reach/change.ts";
import type { LabResources } from "../resources.ts";
import { formatSize } from "../size.ts";
import type { HostEntry, Step } from "../steps.ts";
import { addressChange } from "./addresses.ts";
import { describeReach } from "./describe-reach.ts";
import { same } from "./same.ts";

/** `+` brings something into being, `-` takes it away, `~` changes it. */
export type ChangeSymbol = "+" | "~" | "-";

export function symbolOf(step: Step): ChangeSymbol {
  switch (step.do) {
    case "node.create":
    case "interface.create":
    case "link.connect":
    case "routes.add":
    case "node.start":
    case "process.start":
    case "capture.start":
      return "+";
    case "node.configure":
    case "interface.configure":
    case "link.impair":
    case "names.set":
    case "limits.set":
    case "mode.set":
    case "routing.load":
      return "~";
    case "reach.set":
      return closesOnly(step.from, step.to) ? "-" : "+";
    case "node.remove":
    case "interface.remove":
    case "link.disconnect":
    case "routes.remove":
    case "node.stop":
    case "process.stop":
    case "capture.stop":
      return "-";
    default:
      return step satisfies never;
  }
}

/** One line for one step, for the plan that a person reads, the log and error messages: `link.connect r1:eth1 — r2:eth1`. */
export function describeStep(step: Step): string {
  return `${step.do} ${subject(step)}`;
}

function subject(step: Step): string {
  switch (step.do) {
    case "node.create":
    case "node.remove":
      return `${step.node.name} (${kindOfNode(step.node)})`;
    case "node.configure":
      return `${step.to.name} (${settings(step.from, step.to)})`;
    case "interface.create":
    case "interface.remove":
      return [`${step.node}:${step.interface.name}`, ...step.interface.addresses].join(" ");
    case "interface.configure":
      return `${step.node}:${step.to.name} (${interfaceSettings(step.from, step.to)})`;
    case "link.connect":
    case "link.disconnect":
      return step.link.id;
    case "link.impair":
      return `${step.link} (${conditionChange(step.from, step.to)})`;
    case "routes.add":
    case "routes.remove":
      return `${step.node} ${step.routes.map(routeText).join(", ")}`;
    case "names.set":
      return `(${nameChange(step.from, step.to)})`;
    case "reach.set":
      return `${step.node} (${describeReach(step.from, step.to).join("; ")})`;
    case "limits.set":
      return `(${limitChange(step.from, step.to)})`;
    case "mode.set":
      return `(${step.from} → ${step.to})`;
    case "node.start":
    case "node.stop":
      return step.node.name;
    case "routing.load":
      return `${step.to.name} (${routingChange(step.from, step.to)})`;
    case "process.start":
    case "process.stop":
      return `${step.process.name} on ${step.process.node}`;
    case "capture.start":
    case "capture.stop":
      return `${step.capture.interfaces.map(endpointText).join(", ")} to ${step.capture.file}`;
    default:
      return step satisfies never;
  }
}

/** That it runs on is why this step is shown at all. */
function routingChange(from: RouterNode, to: RouterNode): string {
  const change = frrChange(from.frr?.config ?? "", to.frr?.config ?? "");
  if (change.by === "restart") return change.because.join(", ");
  const { come, changed, gone } = change;
  const signed = [come.map((name) => `+${name}`), changed.map((name) => `~${name}`), gone.map((name) => `-${name}`)];
  return [...signed.flat(), "while its daemons run on"].join(", ");
}

function limitChange(from: LabResources, to: LabResources): string {
  const text = ({ enforce, memoryBytes, ...rest }: LabResources) => ({
    ...rest,
    ...(memoryBytes === undefined ? {} : { memory: formatSize(memoryBytes) }),
    ...(enforce === undefined ? {} : { enforce }),
  });
  const [before, after]: Record<string, string | number>[] = [text(from), text(to)];
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return keys
    .filter((key) => before?.[key] !== after?.[key])
    .map((key) => `${key} ${before?.[key] ?? "none"} → ${after?.[key] ?? "none"}`)
    .join(", ");
}

function conditionChange(from: LinkConditions, to: LinkConditions): string {
  const parts: string[] = [];
  for (const [direction, arrow] of [["ab", "→"] as const, ["ba", "←"] as const]) {
    const [before, after] = [from.impairments?.[direction], to.impairments?.[direction]];
    if (!same(before, after)) parts.push(`${arrow} ${describeImpairment(after)}`);
  }
  if (from.medium !== to.medium) parts.push(`medium ${to.medium ?? "auto"}`);
  return parts.join("; ");
}

/** `0.0.0.0/0 via 10.0.0.1`, in the order of ip-route(8). */
export function routeText(route: Route): string {
  return [
    route.to,
    ...(route.via === undefined ? [] : ["via", route.via]),
    ...(route.interface === undefined ? [] : ["dev", route.interface]),
    ...(route.metric === undefined ? [] : ["metric", route.metric]),
  ].join(" ");
}

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

function nameChange(from: readonly HostEntry[], to: readonly HostEntry[]): string {
  const texts = (entries: readonly HostEntry[]) => entries.map(({ address, names }) => `${address} ${names.join(" ")}`);
  const newIn = (entries: readonly HostEntry[], others: readonly HostEntry[], verb: string) => {
    const known = new Set(texts(others));
    const count = texts(entries).filter((text) => !known.has(text)).length;
    return count === 0 ? [] : [`${counted(count, "entry", "entries")} ${verb}`];
  };
  const parts = [...newIn(to, from, "added"), ...newIn(from, to, "removed")];
  return parts.length === 0 ? "reordered" : parts.join(", ");
}

/** Which settings differ. Values are shown where they are short; contents of files are not. */
function settings(from: LabNode, to: LabNode): string {
  const before = from as unknown as Readonly<Record<string, unknown>>;
  const after = to as unknown as Readonly<Record<string, unknown>>;
  const parts: string[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (key === "interfaces" || key === "routes" || key === "reach" || same(before[key], after[key])) continue;
    if (key === "sysctls" && runsPrograms(from) && runsPrograms(to))
      parts.push(...recordChange(from.sysctls, to.sysctls));
    else if (isShort(before[key]) && isShort(after[key])) parts.push(`${key} ${before[key]} → ${after[key]}`);
    else parts.push(key === "frr" ? frrSettings(from, to) : key);
  }
  return parts.join(", ");
}

/** How many statements are worth a place in a line. */
const statementsShown = 2;

/** With what FRR starts anew for, if it does. */
function frrSettings(from: LabNode, to: LabNode): string {
  if (from.kind !== "router" || to.kind !== "router" || from.frr === undefined || to.frr === undefined) return "frr";
  const change = frrChange(from.frr.config, to.frr.config);
  if (change.by === "load") return "frr";
  const [shown, rest] = [change.because.slice(0, statementsShown), change.because.length - statementsShown];
  return `frr, read at a start: ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

const isShort = (value: unknown): boolean =>
  typeof value === "boolean" || typeof value === "number" || (typeof value === "string" && value.length <= 64);

function recordChange(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): string[] {
  const parts: string[] = [];
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (from[key] !== to[key]) parts.push(`${key} ${from[key] ?? "unset"} → ${to[key] ?? "unset"}`);
  }
  return parts;
}

function interfaceSettings(from: Interface, to: Interface): string {
  const { remove, add } = addressChange(from, to);
  return [
    ...(from.mtu === to.mtu ? [] : [`mtu ${from.mtu} → ${to.mtu}`]),
    ...(from.mac === to.mac ? [] : [`mac ${from.mac} → ${to.mac}`]),
    ...remove.map((address) => `-${address}`),
    ...add.map((address) => `+${address}`),
  ].join(", ");
}
