/**
 * What is in 64-bit little-endian ELF files (elf(5)): sections by name, and the shared libraries that a
 * program needs.
 */

const magic = Buffer.from("\x7fELF\x02\x01", "latin1");
/** DT_NEEDED of elf(5): an offset into the string table. */
const dtNeeded = 1n;

export const isElf = (file: Buffer): boolean => file.subarray(0, magic.length).equals(magic);

/** @returns undefined when there is no such section */
export function section(file: Buffer, name: string): Buffer | undefined {
  const [at, size, count, namesIndex] = [
    Number(file.readBigUInt64LE(0x28)),
    file.readUInt16LE(0x3a),
    file.readUInt16LE(0x3c),
    file.readUInt16LE(0x3e),
  ];
  const header = (index: number) => file.subarray(at + index * size, at + (index + 1) * size);
  const content = (one: Buffer) => {
    const offset = Number(one.readBigUInt64LE(0x18));
    return file.subarray(offset, offset + Number(one.readBigUInt64LE(0x20)));
  };
  const names = content(header(namesIndex));
  for (let index = 0; index < count; index++) {
    const one = header(index);
    if (textAt(names, one.readUInt32LE(0)) === name) return content(one);
  }
  return undefined;
}

/** Names of the libraries that the loader takes for a program or library; none for one that is static. */
export function neededLibraries(file: Buffer): readonly string[] {
  const [dynamic, names] = [section(file, ".dynamic"), section(file, ".dynstr")];
  if (dynamic === undefined || names === undefined) return [];
  const needed: string[] = [];
  for (let at = 0; at < dynamic.length; at += 16)
    if (dynamic.readBigInt64LE(at) === dtNeeded) needed.push(textAt(names, Number(dynamic.readBigUInt64LE(at + 8))));
  return needed;
}

/** `key=value` of a kernel module, each ended by a zero (Linux, include/linux/moduleparam.h). */
export function moduleInfo(file: Buffer): readonly (readonly [key: string, value: string])[] {
  const text = section(file, ".modinfo")?.toString("latin1") ?? "";
  return text
    .split("\0")
    .filter((one) => one.includes("="))
    .map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)] as const);
}

const textAt = (table: Buffer, offset: number): string => table.toString("latin1", offset, table.indexOf(0, offset));
