import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { labError } from "../../../topology/index.ts";

/** What a disk image is, by its first bytes. */
export type ImageFacts = {
  readonly format: "qcow2" | "raw";
  /** Of the disk that the guest sees. */
  readonly virtualBytes: number;
};

/** docs/interop/qcow2.txt of QEMU: "QFI\xfb", version, …; big-endian. */
export const qcow2Magic = 0x51_46_49_fb;
const headerBytes = 104;
const versions = [2, 3];

/** Other formats of disks that a raw disk would be mistaken for, by their first bytes. */
const others: readonly (readonly [format: string, magic: Buffer])[] = [
  ["VMDK", Buffer.from("KDMV")],
  ["VMDK", Buffer.from("# Disk DescriptorFile")],
  ["VHDX", Buffer.from("vhdxfile")],
  ["VHD", Buffer.from("conectix")],
  ["QED", Buffer.from("QED\0")],
  ["gzip", Buffer.of(0x1f, 0x8b)],
  ["xz", Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)],
  ["Zstandard", Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
  ["bzip2", Buffer.from("BZh9")],
];

/**
 * Reads what an image is.
 *
 * @param node whose image it is, for errors
 * @param format what the lab file says it is; found out when absent
 * @throws VM_FILE_UNREADABLE, VM_IMAGE_INVALID
 */
export function readImage(node: string, path: string, format?: "qcow2" | "raw"): ImageFacts {
  const { header, bytes } = readHeader(node, path);
  const invalid = (problem: string) => labError("VM_IMAGE_INVALID", { node, path, problem });
  if (bytes === 0) throw invalid("it is empty");
  const isQcow2 = header.length >= 8 && header.readUInt32BE(0) === qcow2Magic;
  if (!isQcow2) {
    if (format === "qcow2") throw invalid("it does not begin as a qcow2 image does");
    const other = others.find(([, magic]) => header.subarray(0, magic.length).equals(magic));
    if (other !== undefined && format === undefined) throw invalid(`it is ${other[0]}, not qcow2 or raw`);
    return { format: "raw", virtualBytes: bytes };
  }
  if (format === "raw") return { format: "raw", virtualBytes: bytes };
  if (header.length < 72) throw invalid("it ends within its header");
  const version = header.readUInt32BE(4);
  if (!versions.includes(version)) throw invalid(`it is qcow2 of version ${version}`);
  const virtualBytes = Number(header.readBigUInt64BE(24));
  const tableEnd = Number(header.readBigUInt64BE(40)) + header.readUInt32BE(36) * 8;
  if (tableEnd > bytes) throw invalid(`it is cut off: it has ${bytes} bytes, and its table ends at ${tableEnd}`);
  return { format: "qcow2", virtualBytes };
}

function readHeader(node: string, path: string): { readonly header: Buffer; readonly bytes: number } {
  try {
    const fd = openSync(path, "r");
    try {
      const stat = fstatSync(fd);
      if (stat.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
      const header = Buffer.alloc(headerBytes);
      const length = readSync(fd, header, 0, headerBytes, 0);
      return { header: header.subarray(0, length), bytes: stat.size };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw labError("VM_FILE_UNREADABLE", { node, what: "the image", path, reason }, { cause: error });
  }
}
