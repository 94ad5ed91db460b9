/** Where `netwright cp` copies from or to. */
export type CopyPlace =
  | { readonly in: "node"; readonly node: string; readonly path: string }
  | { readonly in: "here"; readonly path: string }
  /** Standard input or output. */
  | { readonly in: "stream" };

/** A path that starts with / or . is of this machine, whatever is in it. */
export function copyPlace(text: string): CopyPlace {
  if (text === "-") return { in: "stream" };
  const colon = text.indexOf(":");
  if (colon < 1 || text.startsWith("/") || text.startsWith(".")) return { in: "here", path: text };
  // As in `docker cp`, no path at all is the root.
  return { in: "node", node: text.slice(0, colon), path: text.slice(colon + 1) || "/" };
}
