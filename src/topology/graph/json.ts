import { familiarName } from "../image/reference.ts";
import { type Endpoint, isMachine, type Lab, type LabNode, runsPrograms } from "../model.ts";

/** A lab as a graph for other programs: what is connected with what, and how it is addressed. */
export type GraphReport = {
  readonly lab: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly kind: LabNode["kind"];
    /** What its file system is made of, where it is not this machine's. */
    readonly image?: string;
    readonly interfaces: readonly {
      readonly name: string;
      readonly mac: string;
      readonly mtu: number;
      readonly addresses: readonly string[];
    }[];
  }[];
  readonly links: readonly {
    readonly id: string;
    readonly a: Endpoint;
    readonly b: Endpoint;
    readonly mtu: number;
  }[];
};

/** The nodes with their interfaces (a switch's ports are in its links) and the links, in the order of the lab. */
export function graphReport(lab: Pick<Lab, "name" | "nodes" | "links">): GraphReport {
  return {
    lab: lab.name,
    nodes: lab.nodes.map((node) => ({
      name: node.name,
      kind: node.kind,
      ...(runsPrograms(node) && node.image !== undefined ? { image: familiarName(node.image.reference) } : {}),
      interfaces: isMachine(node)
        ? node.interfaces.map(({ name, mac, mtu, addresses }) => ({ name, mac, mtu, addresses }))
        : [],
    })),
    links: lab.links.map(({ id, a, b, mtu }) => ({ id, a, b, mtu })),
  };
}

export const drawJson = (lab: Pick<Lab, "name" | "nodes" | "links">): string =>
  `${JSON.stringify(graphReport(lab), null, 2)}\n`;
