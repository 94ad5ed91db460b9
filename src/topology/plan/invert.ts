import type { Step } from "../steps.ts";

/**
 * The step that takes `step` back. Undoing the done part of a plan is doing the inverses of its steps
 * from the last to the first.
 */
export function undoOf(step: Step): Step {
  switch (step.do) {
    case "node.create":
      return { do: "node.remove", node: step.node };
    case "node.remove":
      return { do: "node.create", node: step.node };
    case "node.configure":
      return { do: "node.configure", from: step.to, to: step.from };
    case "interface.create":
      return { do: "interface.remove", node: step.node, interface: step.interface };
    case "interface.remove":
      return { do: "interface.create", node: step.node, interface: step.interface };
    case "interface.configure":
      return { do: "interface.configure", node: step.node, from: step.to, to: step.from };
    case "link.connect":
      return { ...step, do: "link.disconnect" };
    case "link.disconnect":
      return { ...step, do: "link.connect" };
    case "link.impair":
      return { do: "link.impair", link: step.link, from: step.to, to: step.from };
    case "routes.add":
      return { do: "routes.remove", node: step.node, routes: step.routes.toReversed() };
    case "routes.remove":
      return { do: "routes.add", node: step.node, routes: step.routes.toReversed() };
    case "names.set":
      return { do: "names.set", from: step.to, to: step.from };
    case "reach.set":
      return { do: "reach.set", node: step.node, from: step.to, to: step.from };
    case "limits.set":
      return { do: "limits.set", from: step.to, to: step.from };
    case "mode.set":
      return { do: "mode.set", from: step.to, to: step.from };
    case "node.start":
      return { do: "node.stop", node: step.node };
    case "node.stop":
      return { do: "node.start", node: step.node };
    case "routing.load":
      return { do: "routing.load", from: step.to, to: step.from };
    case "process.start":
      return { do: "process.stop", process: step.process };
    case "process.stop":
      return { do: "process.start", process: step.process };
    case "capture.start":
      return { do: "capture.stop", capture: step.capture };
    case "capture.stop":
      return { do: "capture.start", capture: step.capture };
    default:
      return step satisfies never;
  }
}
