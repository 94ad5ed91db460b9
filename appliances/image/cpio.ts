import { closeSync, openSync, writeSync } from "node:fs";

/** What can be in an initramfs. Paths are without a leading slash. */
export type Entry =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly to: string }
  | { readonly kind: "file"; readonly path: string; readonly content: Uint8Array; readonly executable: boolean };

const types = { folder: 0o040755, link: 0o120777, file: 0o100644, executable: 0o100755 } as const;

/**
 * Writes a cpio archive of the "newc" kind, which the kernel unpacks as its first file system
 * (Documentation/driver-api/early-userspace/buffer-format.rst). A folder comes before what is in it.
 * Everything is root's; the same entries make the same bytes.
 *
 * @param seconds time of all files, since 1970
 */
export function writeArchive(file: string, entries: Iterable<Entry>, seconds = 0): void {
  const fd = openSync(file, "w");
  let inode = 1;
  const write = (path: string, mode: number, content: Uint8Array) => {
    const name = Buffer.from(`${path}\0`);
    // Inode, mode, uid, gid, links, time, size, four device numbers, the length of the name, a checksum nobody looks at.
    const fields = [inode++, mode, 0, 0, 1, seconds, content.length, 0, 0, 0, 0, name.length, 0];
    const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
    for (const part of [header, name, padding(header.length + name.length), content, padding(content.length)])
      writeAll(fd, part);
  };
  try {
    for (const entry of entries) {
      if (entry.kind === "folder") write(entry.path, types.folder, Buffer.alloc(0));
      else if (entry.kind === "link") write(entry.path, types.link, Buffer.from(entry.to));
      else write(entry.path, entry.executable ? types.executable : types.file, entry.content);
    }
    write("TRAILER!!!", 0, Buffer.alloc(0));
  } finally {
    closeSync(fd);
  }
}

const padding = (length: number): Buffer => Buffer.alloc(-length & 3);

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
