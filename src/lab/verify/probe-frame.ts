import type { BpfInstruction } from "../../kernel/index.ts";

/**
 * The frames that a link is measured with.
 *
 * Their EtherType is for experiments (IEEE Std 802, 9.2.4), so that no protocol answers. Their
 * destination is one of the addresses that no bridge forwards (IEEE 802.1Q, table 8-1): of those, Linux
 * drops 01-80-C2-00-00-01, which pauses are sent to, at every port and whatever its mask of groups to
 * forward (br_handle_frame, net/bridge/br_input.c). A packet socket at the port sees them before.
 *
 * Tag and number stand in them three times: a bit that is inverted leaves two that agree.
 */

const destination = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x01] as const;
/** Locally administered; the last byte says which end sends. */
const source = [0x02, 0x4e, 0x57, 0x50, 0x00] as const;
const etherType = [0x88, 0xb5] as const;

const sourceAt = 6;
const typeAt = 12;
const stampsAt = 14;
const stamps = 3;
/** Tag and number. */
const stampBytes = 8;
const fillAt = stampsAt + stamps * stampBytes;

/** The shortest frame of Ethernet, without its check sequence. */
export const shortestFrameBytes = 60;
/** The longest that is sent: every link carries it. */
export const longestProbeBytes = 1514;

/** Which frames are of a run (24 bits), and within it of a phase and a direction (8 bits). */
export const tagOf = (run: number, phase: number, direction: 0 | 1): number =>
  (((run & 0xffffff) << 8) | ((phase & 0x7f) << 1) | direction) >>> 0;

/** Writes the frame of this number to `at`. */
export function writeProbe(memory: Uint8Array, at: number, bytes: number, tag: number, number: number): void {
  memory.set(destination, at);
  memory.set(source, at + sourceAt);
  memory[at + typeAt - 1] = tag & 1;
  memory.set(etherType, at + typeAt);
  for (let stamp = 0; stamp < stamps; stamp++) {
    putWord(memory, at + stampsAt + stamp * stampBytes, tag);
    putWord(memory, at + stampsAt + stamp * stampBytes + 4, number);
  }
  memory.fill(number & 0xff, at + fillAt, at + bytes);
}

/** @returns the number of a frame with this tag; -1 for any other frame */
export function probeNumber(memory: Uint8Array, at: number, bytes: number, tag: number): number {
  if (bytes < fillAt) return -1;
  const first = stampedNumber(memory, at + stampsAt, tag);
  const second = stampedNumber(memory, at + stampsAt + stampBytes, tag);
  if (first === second) return first;
  const third = stampedNumber(memory, at + stampsAt + 2 * stampBytes, tag);
  return third === first || third === second ? third : -1;
}

const stampedNumber = (memory: Uint8Array, at: number, tag: number): number =>
  wordAt(memory, at) === tag ? wordAt(memory, at + 4) : -1;

/**
 * Whether a frame is not as it was sent.
 *
 * @param scratch at least as long as the frame; what is in it is overwritten
 */
export function isCorrupted(
  memory: Uint8Array,
  at: number,
  bytes: number,
  tag: number,
  number: number,
  scratch: Uint8Array,
): boolean {
  writeProbe(scratch, 0, bytes, tag, number);
  for (let index = 0; index < bytes; index++) if (memory[at + index] !== scratch[index]) return true;
  return false;
}

/** linux/bpf_common.h: load a word of the frame; and, jump if equal, return with a constant. */
const BPF_LD_W_ABS = 0x20;
const BPF_ALU_AND_K = 0x54;
const BPF_JMP_JEQ_K = 0x15;
const BPF_RET_K = 0x06;

/**
 * Lets the frames of a run through, and no others: by the sender's address, or the tag in one of two
 * stamps, of which an inverted bit spoils one. Any live traffic stays out of the probe's way.
 */
export function probeFilter(run: number): readonly BpfInstruction[] {
  const sender = ((source[0] << 24) | (source[1] << 16) | (source[2] << 8) | source[3]) >>> 0;
  const load = (k: number) => ({ code: BPF_LD_W_ABS, jt: 0, jf: 0, k });
  const program = [load(sourceAt), { code: BPF_JMP_JEQ_K, jt: 6, jf: 0, k: sender }];
  for (const stamp of [0, 1]) {
    program.push(load(stampsAt + stamp * stampBytes), { code: BPF_ALU_AND_K, jt: 0, jf: 0, k: 0xffffff00 });
    program.push({ code: BPF_JMP_JEQ_K, jt: stamp === 0 ? 3 : 0, jf: stamp === 0 ? 0 : 1, k: (run << 8) >>> 0 });
  }
  return [...program, { code: BPF_RET_K, jt: 0, jf: 0, k: 0x40000 }, { code: BPF_RET_K, jt: 0, jf: 0, k: 0 }];
}

function putWord(memory: Uint8Array, at: number, value: number): void {
  memory[at] = value >>> 24;
  memory[at + 1] = (value >>> 16) & 0xff;
  memory[at + 2] = (value >>> 8) & 0xff;
  memory[at + 3] = value & 0xff;
}

const wordAt = (memory: Uint8Array, at: number): number =>
  (((memory[at] as number) << 24) |
    ((memory[at + 1] as number) << 16) |
    ((memory[at + 2] as number) << 8) |
    (memory[at + 3] as number)) >>>
  0;
