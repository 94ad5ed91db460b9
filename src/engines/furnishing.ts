import type { NodeFile } from "../topology/index.ts";

/** What a node's kind wants to find in its file system. An owner is a user name of the node. */
export type Furnishing = {
  readonly directories: readonly { readonly path: string; readonly owner?: string; readonly mode: number }[];
  readonly files: readonly (NodeFile & { readonly owner?: string })[];
};
