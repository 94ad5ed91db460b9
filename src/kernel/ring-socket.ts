import { closeSync } from "node:fs";
import koffi, { type KoffiFunc } from "koffi";
import { addressOf, check, libc, pinned } from "./libc.ts";
import { SO_RCVBUF, SO_SNDBUF, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET, setOption } from "./sockets.ts";

/** packet(7), linux/if_packet.h, linux/if_ether.h. */
const AF_PACKET = 17;
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_COPY_THRESH = 7;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V2 = 1;
const TPACKET_V3 = 2;
const ETH_P_ALL = 0x0003;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
/** BPF_RET | BPF_K (linux/bpf_common.h): a program of one instruction, which says how much of a frame to keep. */
const BPF_RETURN = 0x06;

/** The kernel allocates a ring in blocks of consecutive pages; larger ones it may not find. */
const linkBlockBytes = 65_536;
/** A slot of a link's ring holds a frame of an MTU of 1,500 bytes with its headers; longer ones come through the socket's queue. */
export const slotBytes = 2048;
/** A block of a capture's ring holds as many frames as fit, whatever their length. */
export const captureBlockBytes = 262_144;
/**
 * Makes a frame's vnet header begin at a multiple of 8, and the network header too, with room in front
 * of it to put a VLAN tag back. Without it (TPACKET_ALIGN, tpacket_rcv) it would begin at byte 66.
 */
const reserveBytes = 6;
/**
 * The longest a frame waits in a block that is not full before it is handed over; the kernel rounds it
 * up to its own ticks, and may take twice as long.
 */
const retireMs = 10;
/** After this, a frame that a capture's ring received has been handed over. */
export const captureLagMs = 60;

/** What a packet socket's ring is for: the frames that come to a link (packet-ring.ts), or all that pass an interface (capture-ring.ts). */
export type RingKind =
  /** How many frames the kernel keeps until they are read: a multiple of 32. */
  | {
      readonly kind: "link";
      readonly slots: number;
      /** With what leaves the interface, which else is left out. */
      readonly outgoing?: boolean;
    }
  /** A multiple of `captureBlockBytes`; of each frame, how many bytes to keep. */
  | { readonly kind: "capture"; readonly bytes: number; readonly snaplenBytes: number };

/** Bytes of memory a ring takes, which are never swapped. */
export const ringBytes = (ring: RingKind): number => (ring.kind === "link" ? ring.slots * slotBytes : ring.bytes);

/** setsockopt(2) on another thread. */
const setsockoptSlowly = koffi.load(null).func("int setsockopt(int, int, int, const void *, uint32_t)") as KoffiFunc<
  (fd: number, level: number, name: number, value: Uint8Array, length: number) => number
>;

/**
 * A packet socket with a ring, bound to nothing yet. Making the ring takes the kernel some ten
 * milliseconds, in which it waits for all processors (synchronize_net()), and closing the socket
 * twice that: so neither is for a thread that has frames to forward.
 *
 * @returns the file descriptor; whoever has it closes it
 * @throws {KernelError} EPERM, ENOMEM
 */
export async function openRing(ring: RingKind): Promise<number> {
  // Protocol 0 until it is bound: it would receive the frames of every interface.
  const fd = check("socket AF_PACKET", libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  try {
    const request =
      ring.kind === "link" ? prepareForLink(fd, ring.slots, ring.outgoing ?? false) : prepareForCapture(fd, ring);
    const result = await new Promise<number>((resolve, reject) =>
      setsockoptSlowly.async(
        fd,
        SOL_PACKET,
        PACKET_RX_RING,
        request,
        request.length,
        (error: unknown, value: number) => (error == null ? resolve(value) : reject(error)),
      ),
    );
    // The other thread kept the error number to itself. Asking again gives it, or works after all.
    if (result !== 0) setOption(fd, SOL_PACKET, PACKET_RX_RING, request);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Begins to receive what comes to an interface. One that is down is no error: it receives when it
 * comes up.
 *
 * @throws {KernelError} ENODEV for an interface that is not there
 */
export function bindRing(fd: number, ifindex: number): void {
  // struct sockaddr_ll: family u16, protocol u16 in network byte order, ifindex i32, 12 bytes that bind ignores.
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(ifindex, 4);
  check(`bind to interface ${ifindex}`, libc.bind(fd, address, address.length));
  takeSocketError(fd);
}

/** The error number a socket holds, which makes it readable without a frame: ENETDOWN when the interface went down. 0: none. */
export function takeSocketError(fd: number): number {
  const value = Buffer.alloc(4);
  check("SO_ERROR", libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, value, words(4)));
  return value.readInt32LE(0);
}

/** How many frames a packet socket lost since it was asked last. */
export function takeDrops(fd: number): number {
  // struct tpacket_stats_v3: packets, drops, times the queue froze; for other versions, the first two of them.
  const statistics = Buffer.alloc(12);
  check("PACKET_STATISTICS", libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, words(12)));
  return statistics.readUInt32LE(4);
}

function prepareForLink(fd: number, slots: number, outgoing: boolean): Buffer {
  setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, words(outgoing ? 0 : 1));
  setOption(fd, SOL_PACKET, PACKET_VERSION, words(TPACKET_V2));
  setOption(fd, SOL_PACKET, PACKET_VNET_HDR, words(1));
  setOption(fd, SOL_PACKET, PACKET_RESERVE, words(reserveBytes));
  setOption(fd, SOL_PACKET, PACKET_COPY_THRESH, words(1));
  // As much as net.core.rmem_max and wmem_max allow.
  setOption(fd, SOL_SOCKET, SO_RCVBUF, words(4 << 20));
  setOption(fd, SOL_SOCKET, SO_SNDBUF, words(4 << 20));
  // struct tpacket_req: block size, number of blocks, frame size, number of frames.
  return words(linkBlockBytes, (slots * slotBytes) / linkBlockBytes, slotBytes, slots);
}

function prepareForCapture(fd: number, ring: { readonly bytes: number; readonly snaplenBytes: number }): Buffer {
  setOption(fd, SOL_PACKET, PACKET_VERSION, words(TPACKET_V3));
  keepAtMost(fd, ring.snaplenBytes);
  // struct tpacket_req3: block size and number, frame size and number (unused, but they must fit), timeout, 0, 0.
  return words(captureBlockBytes, ring.bytes / captureBlockBytes, slotBytes, ring.bytes / slotBytes, retireMs, 0, 0);
}

/** Else the kernel copies whole offload frames of which only the beginning is wanted. */
function keepAtMost(fd: number, bytes: number): void {
  // struct sock_filter: code u16, two jumps u8, operand u32. struct sock_fprog: length u16, padding, pointer.
  const instruction = pinned(8);
  instruction.writeUInt16LE(BPF_RETURN, 0);
  instruction.writeUInt32LE(bytes, 4);
  const program = pinned(16);
  program.writeUInt16LE(1, 0);
  program.writeBigUInt64LE(addressOf(instruction), 8);
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, program);
}

function words(...values: readonly number[]): Buffer {
  const memory = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) memory.writeUInt32LE(value, index * 4);
  return memory;
}
