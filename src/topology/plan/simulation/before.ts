import { isMachine, type NodeName } from "../../model.ts";
import type { Step } from "../../steps.ts";
import { describeStep } from "../describe.ts";
import type { KernelState, NodeState } from "../kernel-state.ts";

/** The simulated kernel's refusal of a step, with the error number the real one would give. */
export class KernelRefusal extends Error {
  override readonly name = "KernelRefusal";
  readonly errno: string;

  constructor(errno: string, step: Step, reason: string) {
    super(`${describeStep(step)}: ${reason} (${errno})`);
    this.errno = errno;
  }
}

/** What a step finds. */
export class Before {
  readonly state: KernelState;
  readonly #step: Step;

  constructor(state: KernelState, step: Step) {
    this.state = state;
    this.#step = step;
  }

  node(name: NodeName): NodeState {
    const node = this.state.nodes.get(name);
    if (node === undefined) throw this.refusal("ENOENT", `there is no node ${name}`);
    return node;
  }

  machine(name: NodeName): NodeState {
    const node = this.node(name);
    this.expect(isMachine(node.settings), "EINVAL", `${name} is not a machine`);
    return node;
  }

  runsProcesses(node: NodeName): boolean {
    return [...this.state.processes.values()].some((process) => process.node === node);
  }

  /** The state with a node as it is after the step. */
  withNode(name: NodeName, node: NodeState): KernelState {
    return { ...this.state, nodes: new Map(this.state.nodes).set(name, node) };
  }

  expect(condition: boolean, errno: string, reason: string): void {
    if (!condition) throw this.refusal(errno, reason);
  }

  refusal(errno: string, reason: string): KernelRefusal {
    return new KernelRefusal(errno, this.#step, reason);
  }
}
