import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

/** QEMU, docs/interop/qcow2.txt: version 3, clusters of 64 KiB, reference counts of 16 bits. */
const clusterBits = 16;
const cluster = 1 << clusterBits;
const tableEntries = cluster / 8;
const countsPerBlock = cluster / 2;
const zeros = Buffer.alloc(cluster);
/** QCOW_OFLAG_COPIED: the cluster is used once. */
const usedOnce = 1n << 63n;

/**
 * Writes a raw disk as qcow2, without the clusters that are all zero. The same disk makes the same bytes.
 *
 * @param raw file of a disk of at most 4 TiB
 */
export function writeQcow2(raw: string, file: string): void {
  const from = openSync(raw, "r");
  const to = openSync(file, "w");
  try {
    const { size } = fstatSync(from);
    const tables = Math.ceil(size / cluster / tableEntries);
    if (tables > tableEntries) throw new RangeError(`a disk of ${size} bytes is too big`);
    // The file in clusters: header, first-level table, second-level tables, data, and the reference counts last.
    const first = Buffer.alloc(cluster);
    const second = Array.from({ length: tables }, () => Buffer.alloc(cluster));
    let next = 2 + tables;
    const write = (bytes: Buffer, index: number) => writeSync(to, bytes, 0, bytes.length, index * cluster);
    for (const index of second.keys()) first.writeBigUInt64BE(entry(2 + index), index * 8);
    for (let at = 0; at * cluster < size; at++) {
      const content = Buffer.alloc(cluster);
      readSync(from, content, 0, Math.min(cluster, size - at * cluster), at * cluster);
      if (content.equals(zeros)) continue;
      second[Math.floor(at / tableEntries)]?.writeBigUInt64BE(entry(next), (at % tableEntries) * 8);
      write(content, next++);
    }
    const blocks = countBlocks(next + 1);
    const countTable = next;
    const total = next + 1 + blocks;
    const countTableBytes = Buffer.alloc(cluster);
    for (let index = 0; index < blocks; index++) {
      const block = countTable + 1 + index;
      countTableBytes.writeBigUInt64BE(BigInt(block) * BigInt(cluster), index * 8);
      const counts = Buffer.alloc(cluster);
      const until = Math.min(countsPerBlock, total - index * countsPerBlock);
      for (let one = 0; one < until; one++) counts.writeUInt16BE(1, one * 2);
      write(counts, block);
    }
    write(header(size, tables, countTable), 0);
    write(first, 1);
    for (const [index, table] of second.entries()) write(table, 2 + index);
    write(countTableBytes, countTable);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

const entry = (index: number): bigint => (BigInt(index) * BigInt(cluster)) | usedOnce;

/** Blocks of reference counts for so many clusters and for themselves. */
function countBlocks(clusters: number): number {
  let blocks = 1;
  while (blocks * countsPerBlock < clusters + blocks) blocks++;
  return blocks;
}

function header(size: number, tables: number, countTable: number): Buffer {
  const bytes = Buffer.alloc(cluster);
  bytes.write("QFI\xfb", 0, "latin1");
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(tables, 36);
  bytes.writeBigUInt64BE(BigInt(cluster), 40);
  bytes.writeBigUInt64BE(BigInt(countTable) * BigInt(cluster), 48);
  bytes.writeUInt32BE(1, 56);
  // Reference counts of 2^4 bits; this header's length.
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(104, 100);
  return bytes;
}
