import type { Socket } from "node:net";
import { isAppliance, isMachine, type LabNode, labError, runsPrograms } from "../topology/index.ts";
import type { FileRequest } from "./files/porter-request.ts";
import type { MachineLife } from "./machines/life.ts";
import type { Stage } from "./stage.ts";

export type NodeFilesOptions = {
  readonly stage: Stage;
  /** @throws NODE_NOT_FOUND, and SUPERVISOR_STOPPING when nothing is begun any more */
  readonly find: (name: string) => LabNode;
};

/** The files of a lab's nodes: copied from and to them, and saved as images. */
export class NodeFiles {
  readonly #options: NodeFilesOptions;

  constructor(options: NodeFilesOptions) {
    this.#options = options;
  }

  /** Copies files from or to a node; answers the client itself once it has begun. @throws COPY_UNSUPPORTED */
  async transfer(name: string, request: FileRequest, connection: Socket): Promise<void> {
    const { node, machine } = this.#find(name);
    if (machine?.transferFiles === undefined) throw labError("COPY_UNSUPPORTED", { node: name, ...whyNoFiles(node) });
    await machine.transferFiles(request, connection);
  }

  /** Sends what a node has changed above its image; answers the client itself once it has begun. @throws COMMIT_UNSUPPORTED, IMAGE_NODE_NEEDED */
  async transferChanges(name: string, latest: number | undefined, connection: Socket): Promise<void> {
    const { node, machine } = this.#find(name);
    if (machine?.transferChanges === undefined)
      throw labError("COMMIT_UNSUPPORTED", { node: name, ...whyNoImage(node) });
    await machine.transferChanges(latest, connection);
  }

  /** Saves a container as an image of its engine. @throws COMMIT_UNSUPPORTED */
  async saveImage(name: string, image: string, comment: string): Promise<{ readonly id: string }> {
    const { node, machine } = this.#find(name);
    if (machine?.saveImage === undefined) throw labError("COMMIT_UNSUPPORTED", { node: name, ...whyNoImage(node) });
    return { id: await machine.saveImage(image, comment) };
  }

  #find(name: string): { readonly node: LabNode; readonly machine?: MachineLife } {
    const { stage, find } = this.#options;
    const node = find(name);
    return isMachine(node) ? { node, machine: stage.machine(node) } : { node };
  }
}

/** What keeps files from being copied to a node or from it, and what to do instead. */
function whyNoFiles(node: LabNode): { readonly what: string; readonly instead: string } {
  return { what: `a ${node.kind}`, instead: "Copy to a machine that is plugged into it." };
}

/** What keeps a node from being saved as an image, and what to do instead. */
function whyNoImage(node: LabNode): { readonly what: string; readonly instead: string } {
  if (isAppliance(node))
    return {
      what: "a virtual machine, whose changes are in its disk",
      instead: `Keep its state with: netwright node snapshot save ${node.name} NAME`,
    };
  if (runsPrograms(node))
    return {
      what: node.engine === "container" ? "a container, which its engine saves" : "no container",
      instead: `Use the command, which knows the difference: netwright commit ${node.name} NAME`,
    };
  return { what: `a ${node.kind}, which has no file system`, instead: "Save a host or a router instead." };
}
