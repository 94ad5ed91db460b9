import { qcow2Magic } from "./image.ts";

/** docs/interop/qcow2.txt of QEMU. */
const version = 3;
const headerLength = 104;
const clusterBits = 16;
const clusterBytes = 1 << clusterBits;
/** 1 << 4: 16 bits a count, the only width of version 2. */
const refcountOrder = 4;
/** Each entry of the first table stands for a table of a cluster's size, each of whose entries stands for a cluster. */
const bytesPerEntry = (clusterBytes / 8) * clusterBytes;

/**
 * An empty qcow2 image: every cluster comes from what is below it, or is zero. It has no name of what
 * is below it: QEMU is told when it opens it.
 *
 * @param virtualBytes of the disk; rounded up to whole sectors
 */
export function emptyQcow2(virtualBytes: number): Buffer {
  const sectors = Math.ceil(virtualBytes / 512);
  const entries = Math.max(1, Math.ceil((sectors * 512) / bytesPerEntry));
  const tableClusters = Math.ceil((entries * 8) / clusterBytes);
  // Header, table of reference counts, one block of them, table of clusters.
  const used = 3 + tableClusters;
  const image = Buffer.alloc(used * clusterBytes);
  image.writeUInt32BE(qcow2Magic, 0);
  image.writeUInt32BE(version, 4);
  image.writeUInt32BE(clusterBits, 20);
  image.writeBigUInt64BE(BigInt(sectors) * 512n, 24);
  image.writeUInt32BE(entries, 36);
  image.writeBigUInt64BE(BigInt(3 * clusterBytes), 40);
  image.writeBigUInt64BE(BigInt(clusterBytes), 48);
  image.writeUInt32BE(1, 56);
  image.writeUInt32BE(refcountOrder, 96);
  image.writeUInt32BE(headerLength, 100);
  image.writeBigUInt64BE(BigInt(2 * clusterBytes), clusterBytes);
  for (let cluster = 0; cluster < used; cluster++) image.writeUInt16BE(1, 2 * clusterBytes + cluster * 2);
  return image;
}
