import type { NodeName } from "../model.ts";
import { closesOnly } from "../reach/change.ts";
import type { Step } from "../steps.ts";
import { type ChangeSymbol, counted } from "./describe.ts";

/** A run of steps that a person sees as one piece of work: "Create 12 nodes". */
export type Phase = {
  /** With its count, for a title. */
  readonly title: string;
  readonly symbol: ChangeSymbol;
  /** What the count counts, each with its steps. Their number is the total of a progress display. */
  readonly items: readonly PhaseItem[];
};

/** The steps of one node, link or process within a phase, in their order. */
export type PhaseItem = { readonly subject: string; readonly steps: readonly Step[] };

const WORDING = {
  stopProcesses: { symbol: "-", title: (count: number) => `Stop ${counted(count, "process", "processes")}` },
  stopNodes: { symbol: "-", title: (count: number) => `Stop ${counted(count, "node")}` },
  stopToRestart: {
    symbol: "-",
    title: (count: number) =>
      `Stop ${counted(count, "node")} to start ${count === 1 ? "it" : "them"} again, which ends programs and connections`,
  },
  disconnect: { symbol: "-", title: (count: number) => `Disconnect ${counted(count, "link")}` },
  clear: { symbol: "-", title: (count: number) => `Clear old settings of ${counted(count, "node")}` },
  remove: { symbol: "-", title: (count: number) => `Remove ${counted(count, "node")}` },
  change: { symbol: "~", title: (count: number) => `Change ${counted(count, "node")}` },
  create: { symbol: "+", title: (count: number) => `Create ${counted(count, "node")}` },
  stopCaptures: { symbol: "-", title: (count: number) => `Stop ${counted(count, "capture")}` },
  startCaptures: { symbol: "+", title: (count: number) => `Start ${counted(count, "capture")}` },
  connect: { symbol: "+", title: (count: number) => `Connect ${counted(count, "link")}` },
  impair: { symbol: "~", title: (count: number) => `Impair ${counted(count, "link")}` },
  names: { symbol: "~", title: () => "Set host names" },
  closeReach: { symbol: "-", title: (count: number) => `Close ways outside of ${counted(count, "node")}` },
  openReach: { symbol: "+", title: (count: number) => `Open ways outside of ${counted(count, "node")}` },
  limits: { symbol: "~", title: () => "Set limits" },
  mode: { symbol: "~", title: () => "Set mode" },
  loadRouting: {
    symbol: "~",
    title: (count: number) => `Load routing of ${counted(count, "router")} without a restart`,
  },
  startNodes: { symbol: "+", title: (count: number) => `Start ${counted(count, "node")}` },
  startProcesses: { symbol: "+", title: (count: number) => `Start ${counted(count, "process", "processes")}` },
} as const satisfies Record<string, { symbol: ChangeSymbol; title: (count: number) => string }>;

type PhaseName = keyof typeof WORDING;

/**
 * Groups the steps of a plan into phases. All steps appear, in their order: concatenating the steps of
 * all items of all phases gives `steps` again.
 */
export function phases(steps: readonly Step[]): readonly Phase[] {
  const coming = new Set<NodeName>();
  const going = new Set<NodeName>();
  const starting = new Set<NodeName>();
  for (const step of steps) {
    if (step.do === "node.create") coming.add(step.node.name);
    if (step.do === "node.remove") going.add(step.node.name);
    if (step.do === "node.start") starting.add(step.node.name);
  }

  const result: { name: PhaseName; items: { subject: string; steps: Step[] }[] }[] = [];
  for (const step of steps) {
    const name = phaseOf(step, coming, going, starting);
    const subject = subjectOf(step);
    const phase = result.at(-1);
    const item = phase?.items.at(-1);
    if (phase?.name !== name) result.push({ name, items: [{ subject, steps: [step] }] });
    else if (item?.subject === subject) item.steps.push(step);
    else phase.items.push({ subject, steps: [step] });
  }
  return result.map(({ name, items }) => ({
    title: WORDING[name].title(items.length),
    symbol: WORDING[name].symbol,
    items,
  }));
}

function phaseOf(
  step: Step,
  coming: ReadonlySet<NodeName>,
  going: ReadonlySet<NodeName>,
  starting: ReadonlySet<NodeName>,
): PhaseName {
  switch (step.do) {
    case "process.stop":
      return "stopProcesses";
    case "node.stop":
      return starting.has(step.node.name) ? "stopToRestart" : "stopNodes";
    case "link.disconnect":
      return "disconnect";
    case "routes.remove":
    case "interface.remove":
      return going.has(step.node) ? "remove" : "clear";
    case "node.remove":
      return "remove";
    case "node.configure":
    case "interface.configure":
      return "change";
    case "interface.create":
    case "routes.add":
      return coming.has(step.node) ? "create" : "change";
    case "node.create":
      return "create";
    case "link.connect":
      return "connect";
    case "link.impair":
      return "impair";
    case "names.set":
      return "names";
    case "reach.set":
      return closesOnly(step.from, step.to) ? "closeReach" : "openReach";
    case "limits.set":
      return "limits";
    case "mode.set":
      return "mode";
    case "node.start":
      return "startNodes";
    case "routing.load":
      return "loadRouting";
    case "process.start":
      return "startProcesses";
    case "capture.start":
      return "startCaptures";
    case "capture.stop":
      return "stopCaptures";
    default:
      return step satisfies never;
  }
}

/** The node, link or process a step belongs to. */
function subjectOf(step: Step): string {
  switch (step.do) {
    case "process.start":
    case "process.stop":
      return step.process.name;
    case "capture.start":
    case "capture.stop":
      return step.capture.file;
    case "node.create":
    case "node.remove":
    case "node.start":
    case "node.stop":
      return step.node.name;
    case "node.configure":
    case "routing.load":
      return step.to.name;
    case "link.connect":
    case "link.disconnect":
      return step.link.id;
    case "link.impair":
      return step.link;
    case "routes.add":
    case "routes.remove":
    case "interface.create":
    case "interface.remove":
    case "interface.configure":
    case "reach.set":
      return step.node;
    case "names.set":
      return "names";
    case "limits.set":
      return "limits";
    case "mode.set":
      return "mode";
    default:
      return step satisfies never;
  }
}
