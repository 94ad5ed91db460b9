import type { ProgramNode } from "../topology/index.ts";
import { host } from "./host.ts";
import type { Kind } from "./kind.ts";
import { router } from "./router/router.ts";

/** Every kind of machine. A new kind is one folder and one line here (and its options in the lab file's schema). */
const kinds = { host, router } satisfies {
  readonly [Name in ProgramNode["kind"]]: Kind<Extract<ProgramNode, { kind: Name }>>;
};

/** The kind of a machine. */
export const kindOf = <Node extends ProgramNode>(node: Node): Kind<Node> => kinds[node.kind] as unknown as Kind<Node>;
