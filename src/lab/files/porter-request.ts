/** A copy from or to a machine. */
export type FileRequest =
  | { readonly do: "read"; readonly path: string; readonly follow: boolean }
  | { readonly do: "write"; readonly path: string; readonly of?: string; readonly owners: boolean };

/** What a porter is started with, as JSON: its only argument. */
export type PorterRequest = FileRequest & { readonly node: string };

/** The client's connection both ways, and the node's mount namespace. */
export const fd = { input: 0, output: 1, mountNamespace: 3 } as const;
