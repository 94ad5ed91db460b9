import type { Step } from "../steps.ts";
import type { KernelState } from "./kernel-state.ts";
import { same } from "./same.ts";
import { Before } from "./simulation/before.ts";
import { configureInterface, createInterface, removeInterface } from "./simulation/interfaces.ts";
import { connect, disconnect, impair } from "./simulation/links.ts";
import {
  configureNode,
  createNode,
  loadRouting,
  removeNode,
  setReach,
  startNode,
  stopNode,
} from "./simulation/nodes.ts";
import { addRoutes, removeRoutes } from "./simulation/routes.ts";
import { startCapture, startProcess, stopCapture, stopProcess } from "./simulation/running.ts";

/**
 * Applies one step to a model of the kernel, as strict as the kernel and the supervisor are: things
 * must be there to be changed or removed and absent to be created, what is in use cannot go, and
 * routes vanish with their interface or once their gateway is not on-link any more. It exists to test
 * plans.
 *
 * @throws KernelRefusal when the step cannot be done in this state
 */
export function simulate(state: KernelState, step: Step): KernelState {
  const before = new Before(state, step);
  switch (step.do) {
    case "node.create":
      return createNode(before, step.node);
    case "node.remove":
      return removeNode(before, step.node);
    case "node.configure":
      return configureNode(before, step.from, step.to);
    case "interface.create":
      return createInterface(before, step.node, step.interface);
    case "interface.remove":
      return removeInterface(before, step.node, step.interface);
    case "interface.configure":
      return configureInterface(before, step.node, step.from, step.to);
    case "routes.add":
      return addRoutes(before, step.node, step.routes);
    case "routes.remove":
      return removeRoutes(before, step.node, step.routes);
    case "link.connect":
      return connect(before, step.link, step.ports);
    case "link.disconnect":
      return disconnect(before, step.link, step.ports);
    case "link.impair":
      return impair(before, step.link, step.from, step.to);
    case "names.set":
      before.expect(same(state.names, step.from), "EINVAL", "the names are not those it speaks of");
      return { ...state, names: step.to };
    case "reach.set":
      return setReach(before, step.node, step.from, step.to);
    case "limits.set":
      before.expect(same(state.resources, step.from), "EINVAL", "the limits are not those it speaks of");
      return { ...state, resources: step.to };
    case "mode.set":
      before.expect(state.mode === step.from, "EINVAL", "the mode is not the one it speaks of");
      return { ...state, mode: step.to };
    case "node.start":
      return startNode(before, step.node);
    case "node.stop":
      return stopNode(before, step.node);
    case "routing.load":
      return loadRouting(before, step.from, step.to);
    case "process.start":
      return startProcess(before, step.process);
    case "process.stop":
      return stopProcess(before, step.process);
    case "capture.start":
      return startCapture(before, step.capture);
    case "capture.stop":
      return stopCapture(before, step.capture);
    default:
      return step satisfies never;
  }
}
