import { type Entry, encodeHeader, endOfArchive, padding, TarReader } from "../../archive/index.ts";

/** A file or a folder of a container, with whose it is. */
export type OwnedEntry = {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file; a folder has none. */
  readonly content?: Uint8Array;
};

/** A tar archive with these files and folders, in order; folders above them are left to whoever unpacks it. */
export function tarOf(entries: readonly OwnedEntry[]): Buffer {
  const parts = entries.flatMap(({ path, mode, uid, gid, content }) => {
    const name = path.replace(/^\/+/, "");
    const more = { name, mode, uid, gid, modifiedMs: 0 };
    if (content === undefined) return [encodeHeader({ ...more, type: "folder", sizeBytes: 0 })];
    const header = encodeHeader({ ...more, type: "file", sizeBytes: content.length });
    return [header, content, Buffer.alloc(padding(content.length))];
  });
  return Buffer.concat([...parts, endOfArchive()]);
}

/** The first file of a tar archive; undefined when it has none. */
export function firstFileOf(tar: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  let files = 0;
  const reader = new TarReader({
    entry: ({ type }: Entry) => {
      if (type === "file") files += 1;
    },
    data: (bytes) => {
      if (files === 1) pieces.push(Buffer.from(bytes));
    },
    entryEnd: () => undefined,
  });
  reader.push(tar);
  return files === 0 ? undefined : Buffer.concat(pieces);
}
