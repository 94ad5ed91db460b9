/** ECMA-119 (ISO 9660) and the Joliet specification; numbers stand in both byte orders. */
const sectorBytes = 2048;
const systemSectors = 16;
/** UCS-2 level 3 (Joliet, 3). */
const jolietEscape = "%/E";

export type VolumeFile = { readonly name: string; readonly content: Uint8Array };

/** Where the parts of one of the two directory trees are, in sectors. */
type Tree = { readonly joliet: boolean; readonly pathTable: number; readonly root: number };

type Placed = VolumeFile & { readonly sector: number };

/**
 * A volume with files in its root, as a CD has it: the same bytes for the same files. Names are kept
 * as they are in the Joliet tree, which every system but the oldest reads.
 *
 * @param label at most 16 characters
 * @param files at most some dozens: the root directory is one sector
 */
export function isoVolume(label: string, files: readonly VolumeFile[]): Buffer {
  const plain: Tree = { joliet: false, pathTable: systemSectors + 3, root: systemSectors + 7 };
  const joliet: Tree = { joliet: true, pathTable: systemSectors + 5, root: systemSectors + 8 };
  let next = systemSectors + 9;
  const placed: Placed[] = files.map((file) => {
    const sector = next;
    next += Math.ceil(file.content.length / sectorBytes);
    return { ...file, sector };
  });
  const volume = Buffer.alloc(next * sectorBytes);
  const at = (sector: number) => sector * sectorBytes;
  volume.set(descriptor(1, label, plain, next), at(systemSectors));
  volume.set(descriptor(2, label, joliet, next), at(systemSectors + 1));
  volume.set(header(255), at(systemSectors + 2));
  for (const tree of [plain, joliet]) {
    volume.set(pathTable(tree, "little"), at(tree.pathTable));
    volume.set(pathTable(tree, "big"), at(tree.pathTable + 1));
    volume.set(directory(tree, placed), at(tree.root));
  }
  for (const { content, sector } of placed) volume.set(content, at(sector));
  return volume;
}

/** Volume descriptor header (ECMA-119, 8.1): type, "CD001", version. */
function header(type: number): Buffer {
  const sector = Buffer.alloc(sectorBytes);
  sector[0] = type;
  sector.write("CD001", 1, "latin1");
  sector[6] = 1;
  return sector;
}

/** Primary and supplementary volume descriptor (ECMA-119, 8.4 and 8.5). */
function descriptor(type: 1 | 2, label: string, tree: Tree, sectors: number): Buffer {
  const sector = header(type);
  const text = (value: string, offset: number, length: number) =>
    sector.set(padded(value, length, tree.joliet), offset);
  text("", 8, 32);
  text(label, 40, 32);
  both32(sector, sectors, 80);
  if (tree.joliet) sector.write(jolietEscape, 88, "latin1");
  both16(sector, 1, 120);
  both16(sector, 1, 124);
  both16(sector, sectorBytes, 128);
  both32(sector, pathTableBytes, 132);
  sector.writeUInt32LE(tree.pathTable, 140);
  sector.writeUInt32BE(tree.pathTable + 1, 148);
  sector.set(record(Buffer.of(0), tree.root, sectorBytes, true), 156);
  for (const offset of [190, 318, 446, 574]) text("", offset, 128);
  for (const offset of [702, 739, 776]) text("", offset, 37);
  for (const offset of [813, 830, 847, 864]) sector.set(noDate, offset);
  sector[881] = 1;
  return sector;
}

/** "Not specified": sixteen zeros in digits and a zone of 0 (ECMA-119, 8.4.26.1). */
const noDate = Buffer.concat([Buffer.from("0".repeat(16)), Buffer.of(0)]);

const pathTableBytes = 10;

/** One entry, the root: length of its name, sector, parent, name 0 (ECMA-119, 9.4). */
function pathTable({ root }: Tree, order: "little" | "big"): Buffer {
  const table = Buffer.alloc(pathTableBytes);
  table[0] = 1;
  if (order === "little") {
    table.writeUInt32LE(root, 2);
    table.writeUInt16LE(1, 6);
  } else {
    table.writeUInt32BE(root, 2);
    table.writeUInt16BE(1, 6);
  }
  return table;
}

/** The root directory: itself, its parent, and its files in the order of their names. */
function directory(tree: Tree, files: readonly Placed[]): Buffer {
  const entries = files
    .map((file) => ({ ...file, identifier: identifier(file.name, tree.joliet) }))
    .toSorted((a, b) => Buffer.compare(a.identifier, b.identifier));
  const sector = Buffer.concat([
    record(Buffer.of(0), tree.root, sectorBytes, true),
    record(Buffer.of(1), tree.root, sectorBytes, true),
    ...entries.map((file) => record(file.identifier, file.sector, file.content.length, false)),
  ]);
  if (sector.length > sectorBytes) throw new RangeError("too many files for the root directory of a volume");
  return sector;
}

function identifier(name: string, joliet: boolean): Buffer {
  return joliet ? Buffer.from(name, "utf16le").swap16() : Buffer.from(`${name.toUpperCase()};1`, "latin1");
}

/** Directory record (ECMA-119, 9.1); of an even length. */
function record(name: Buffer, sector: number, bytes: number, isFolder: boolean): Buffer {
  const entry = Buffer.alloc((33 + name.length + 1) & ~1);
  entry[0] = entry.length;
  both32(entry, sector, 2);
  both32(entry, bytes, 10);
  entry[25] = isFolder ? 2 : 0;
  both16(entry, 1, 28);
  entry[32] = name.length;
  entry.set(name, 33);
  return entry;
}

function padded(value: string, length: number, joliet: boolean): Buffer {
  if (!joliet) return Buffer.from(value.padEnd(length, " ").slice(0, length), "latin1");
  const text = Buffer.from(value.padEnd(length >> 1, " ").slice(0, length >> 1), "utf16le").swap16();
  return Buffer.concat([text], length);
}

function both32(target: Buffer, value: number, offset: number): void {
  target.writeUInt32LE(value, offset);
  target.writeUInt32BE(value, offset + 4);
}

function both16(target: Buffer, value: number, offset: number): void {
  target.writeUInt16LE(value, offset);
  target.writeUInt16BE(value, offset + 2);
}
