import { labError } from "./errors/error.ts";
import { nearest } from "./nearest.ts";

/**
 * The node of a name.
 *
 * @param nodes those that may be meant
 * @throws NODE_NOT_FOUND, with the one that was probably meant
 */
export function findNode<Node extends { readonly name: string }>(
  lab: string,
  nodes: readonly Node[],
  name: string,
): Node {
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  const suggestion = nearest(
    name,
    nodes.map((node) => node.name),
  );
  throw labError("NODE_NOT_FOUND", { node: name, lab, ...(suggestion === undefined ? {} : { nearest: suggestion }) });
}
