import { encodeHeader, endOfArchive, padding } from "../../archive/index.ts";
import type { NodeFile } from "../../topology/index.ts";

/** A tar archive with these files, owned by root; folders above them are left to whoever unpacks it. */
export function tarOf(files: readonly NodeFile[]): Buffer {
  const parts = files.flatMap(({ path, contentBase64, mode }) => {
    const content = Buffer.from(contentBase64, "base64");
    const name = path.replace(/^\/+/, "");
    const owned = { uid: 0, gid: 0, modifiedMs: 0 };
    const header = encodeHeader({ type: "file", name, mode, sizeBytes: content.length, ...owned });
    return [header, content, Buffer.alloc(padding(content.length))];
  });
  return Buffer.concat([...parts, endOfArchive()]);
}
