/**
 * What a name in a layer stands for (OCI image specification, layer.md). Whiteouts are files of the
 * archive that say what of the layers below is gone.
 */
export type EntryName =
  | { readonly is: "file"; readonly parts: readonly string[] }
  /** Of the layers below, what is at `parts` is gone. */
  | { readonly is: "whiteout"; readonly parts: readonly string[] }
  /** Of the layers below, all that is in the folder at `parts` is gone. */
  | { readonly is: "opaque"; readonly parts: readonly string[] }
  /** What AUFS kept beside: of no meaning in a layer. */
  | { readonly is: "nothing" };

const whiteoutPrefix = ".wh.";
const opaqueName = ".wh..wh..opq";

/**
 * Reads a name of an archive. No part of it is `.`, `..` or empty afterwards, so that joined to a folder
 * it stays below it.
 *
 * @returns the name, or why it is refused, as the end of a sentence that begins with it
 */
export function readEntryName(name: string): EntryName | { readonly problem: string } {
  if (name.includes("\0")) return { problem: "has a zero byte in its name" };
  if (name.startsWith("/")) return { problem: "is an absolute path" };
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) return { problem: "leads out of the layer (..)" };
  const last = parts.at(-1) ?? "";
  const folder = parts.slice(0, -1);
  // A folder of that kind would hide what is in it from all who look at whiteouts only.
  if (folder.some((part) => part.startsWith(whiteoutPrefix))) return { problem: "lies in a whiteout" };
  if (last === opaqueName) return { is: "opaque", parts: folder };
  if (last.startsWith(".wh..wh.")) return { is: "nothing" };
  if (!last.startsWith(whiteoutPrefix)) return { is: "file", parts };
  const hidden = last.slice(whiteoutPrefix.length);
  if (hidden === "" || hidden === "." || hidden === "..") return { problem: "is a whiteout of no file" };
  return { is: "whiteout", parts: [...folder, hidden] };
}

/** Where a hard link of a layer leads, or why it is refused. */
export function readLinkName(name: string): { readonly parts: readonly string[] } | { readonly problem: string } {
  // Some archivers write the names of hard links from the root of the image.
  const read = readEntryName(name.replace(/^\/+/, ""));
  if ("problem" in read) return { problem: `is a hard link to ${JSON.stringify(name)}, which ${read.problem}` };
  if (read.is !== "file" || read.parts.length === 0) return { problem: `is a hard link to ${JSON.stringify(name)}` };
  return read;
}
