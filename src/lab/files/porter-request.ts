/** A copy from or to a machine. */
export type FileRequest =
  | { readonly do: "read"; readonly path: string; readonly follow: boolean }
  | { readonly do: "write"; readonly path: string; readonly of?: string; readonly owners: boolean };

/** What a node of an image has changed, as a layer above those of the image. */
export type ChangesRequest = {
  readonly do: "changes";
  /** The folder, outside of the node. */
  readonly folder: string;
  /** Full paths of the node that are left out. */
  readonly without: readonly string[];
  /** Seconds since 1970: what changed later is said to have changed then. */
  readonly latest?: number;
};

/** What a porter is started with, as JSON: its only argument. */
export type PorterRequest = (FileRequest | ChangesRequest) & { readonly node: string };

/** The answer's head for a copy that begins, without the empty line at its end. */
export const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: netwright-archive\r\n";

/** The client's connection both ways, and the node's mount namespace (not for its changes, which are outside). */
export const fd = { input: 0, output: 1, mountNamespace: 3 } as const;
