import { closeSync } from "node:fs";
import { KernelError } from "./errno.ts";
import { addressOf, check, libc, pinned } from "./libc.ts";
import { SOCK_CLOEXEC } from "./sockets.ts";

/** linux/sockios.h, linux/ethtool.h. */
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GSTRINGS = 0x1b;
const ETHTOOL_GSSET_INFO = 0x37;
const ETHTOOL_GFEATURES = 0x3a;
const ETHTOOL_SFEATURES = 0x3b;
const ETH_SS_FEATURES = 4;
const ETH_GSTRING_LEN = 32;

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const nameBytes = 16;

/**
 * The features by which an interface takes super-frames: every kind of segmentation offload, and what
 * belongs to it (net/ethtool/common.c). `tx-generic-segmentation` is the other way round: the kernel
 * cuts super-frames up just before an interface that cannot take them, and without it, sooner.
 */
const isSegmentation = (feature: string): boolean =>
  (/^tx-.*-segmentation$/.test(feature) && feature !== "tx-generic-segmentation") || /^tx-gso-/.test(feature);

/**
 * Lets an interface of this thread's network namespace send offload super-frames (segmentation offload:
 * up to 64 KiB of TCP or UDP behind one header), or has the kernel cut them into frames in front of it.
 *
 * A veth pair passes super-frames on whole, and a queue behind it delays, loses and counts each as one
 * frame. Nothing can be done about that at the jack they come to, since a queue is in front of where
 * the kernel would cut them. So cut them where they are sent: at the interface in the node. Forwarded
 * ones and those of virtual machines are cut there too, and what the node runs notices nothing.
 *
 * @throws {KernelError} ENODEV when there is no such interface, EPERM without CAP_NET_ADMIN there
 */
export function setSuperFrames(name: string, allowed: boolean): void {
  if (Buffer.byteLength(name) >= nameBytes)
    throw new KernelError(`offload of ${name}`, 22, "the name is longer than 15 bytes");
  const fd = check("socket", libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    const ask = (request: Buffer): Buffer => ethtool(fd, name, request);
    const wanted = featureNames(ask).flatMap((feature, index) => (isSegmentation(feature) ? [index] : []));
    changeFeatures(ask, wanted, allowed);
  } finally {
    closeSync(fd);
  }
}

type Ask = (request: Buffer) => Buffer;

/** struct ethtool_sset_info: cmd, reserved, mask u64, a count; struct ethtool_gstrings: cmd, set, count, the names. */
function featureNames(ask: Ask): readonly string[] {
  const information = request(ETHTOOL_GSSET_INFO, 20);
  information.writeBigUInt64LE(1n << BigInt(ETH_SS_FEATURES), 8);
  const count = ask(information).readUInt32LE(16);
  const strings = request(ETHTOOL_GSTRINGS, 12 + count * ETH_GSTRING_LEN);
  strings.writeUInt32LE(ETH_SS_FEATURES, 4);
  strings.writeUInt32LE(count, 8);
  const names = ask(strings).subarray(12);
  return Array.from({ length: count }, (_, index) => {
    const field = names.toString("latin1", index * ETH_GSTRING_LEN, (index + 1) * ETH_GSTRING_LEN);
    return field.slice(0, field.indexOf("\0"));
  });
}

/**
 * Of 32 features each: struct ethtool_get_features_block (available, requested, active, never_changed)
 * and struct ethtool_set_features_block (valid, requested). Only what the interface lets change is asked for.
 */
function changeFeatures(ask: Ask, features: readonly number[], on: boolean): void {
  const blocks = Math.ceil((Math.max(...features, 0) + 1) / 32);
  const found = request(ETHTOOL_GFEATURES, 8 + blocks * 16);
  found.writeUInt32LE(blocks, 4);
  ask(found);
  const change = request(ETHTOOL_SFEATURES, 8 + found.readUInt32LE(4) * 8);
  change.writeUInt32LE(found.readUInt32LE(4), 4);
  for (const feature of features) {
    const block = Math.floor(feature / 32);
    const bit = 2 ** (feature % 32);
    if ((found.readUInt32LE(8 + block * 16) & bit) === 0) continue;
    const at = 8 + block * 8;
    change.writeUInt32LE((change.readUInt32LE(at) | bit) >>> 0, at);
    if (on) change.writeUInt32LE((change.readUInt32LE(at + 4) | bit) >>> 0, at + 4);
  }
  ask(change);
}

/** Every structure of ethtool begins with its command. */
function request(command: number, bytes: number): Buffer {
  const memory = pinned(bytes);
  memory.writeUInt32LE(command, 0);
  return memory;
}

/** struct ifreq: the name and the address of the request, which the kernel answers in place. */
function ethtool(fd: number, name: string, memory: Buffer): Buffer {
  const ifreq = pinned(40);
  ifreq.write(name, 0);
  ifreq.writeBigUInt64LE(addressOf(memory), nameBytes);
  check(`offload of ${name}`, libc.ioctl(fd, SIOCETHTOOL, ifreq));
  return memory;
}
