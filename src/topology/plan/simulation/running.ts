import type { Capture } from "../../capture/capture.ts";
import { isMachine, type Machine, type Process } from "../../model.ts";
import type { KernelState } from "../kernel-state.ts";
import { same } from "../same.ts";
import { needsStart } from "../starting.ts";
import type { Before } from "./before.ts";

export function startProcess(before: Before, process: Process): KernelState {
  const node = before.machine(process.node);
  before.expect(node.started || !needsStart(node.settings as Machine), "ESRCH", "its node has not been started");
  before.expect(!before.state.processes.has(process.name), "EEXIST", "it runs already");
  for (const dependency of process.after) {
    before.expect(before.state.processes.has(dependency.process), "ECHILD", `${dependency.process} does not run yet`);
  }
  return { ...before.state, processes: new Map(before.state.processes).set(process.name, process) };
}

export function stopProcess(before: Before, process: Process): KernelState {
  before.expect(same(before.state.processes.get(process.name), process), "ESRCH", "it does not run");
  const processes = new Map(before.state.processes);
  processes.delete(process.name);
  return { ...before.state, processes };
}

export function startCapture(before: Before, capture: Capture): KernelState {
  before.expect(!before.state.captures.has(capture.file), "EEXIST", "it runs already");
  for (const { node, interface: name } of capture.interfaces) {
    const { settings, interfaces } = before.node(node);
    before.expect(!isMachine(settings) || interfaces.has(name), "ENODEV", `there is no ${node}:${name}`);
  }
  return { ...before.state, captures: new Map(before.state.captures).set(capture.file, capture) };
}

export function stopCapture(before: Before, capture: Capture): KernelState {
  before.expect(same(before.state.captures.get(capture.file), capture), "ESRCH", "it does not run");
  const captures = new Map(before.state.captures);
  captures.delete(capture.file);
  return { ...before.state, captures };
}
