import { hotCalls, viewMemory } from "./hot-calls.ts";
import { check } from "./libc.ts";

/** mmap(2). */
const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

/** The same bytes in the widths they are read in. */
export type FrameViews = {
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly u16: Uint16Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
};

export const viewsOf = (memory: ArrayBuffer): FrameViews => ({
  u8: new Uint8Array(memory),
  u16: new Uint16Array(memory),
  u32: new Uint32Array(memory),
  i32: new Int32Array(memory),
});

/**
 * One stretch of address space for every frame a process handles: received ones, in rings that the
 * kernel fills (packet-ring.ts), and kept ones. One array over all of it means that a frame is moved
 * by `copyWithin` and sent from where it lies, whichever it is, and that the code that does so sees
 * one type of memory.
 *
 * Pages cost memory once they are written to, not before. Offsets are bytes from the beginning;
 * at most 2 GiB, so that they are small integers to V8.
 */
export class FrameMemory implements FrameViews {
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly u16: Uint16Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  /** Where it begins, for structures that hold pointers. */
  readonly address: number;

  private constructor(address: number, memory: ArrayBuffer) {
    this.address = address;
    ({ u8: this.u8, u16: this.u16, u32: this.u32, i32: this.i32 } = viewsOf(memory));
  }

  /**
   * It is never given back: views of it may be anywhere.
   *
   * @param bytes a multiple of the page size, at most 2^31
   * @throws {KernelError} ENOMEM when the process may not have as much address space
   */
  static reserve(bytes: number): FrameMemory {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const address = check(`reserve ${bytes} bytes`, hotCalls.mmap(0, bytes, PROT_READ_WRITE, flags, -1, 0));
    return new FrameMemory(address, viewMemory(address, bytes));
  }

  get length(): number {
    return this.u8.length;
  }

  /** Puts what `fd` maps (a ring) at `offset`, in place of what was there. Both numbers are multiples of the page size. */
  mapFile(fd: number, offset: number, bytes: number): void {
    this.#map(fd, MAP_SHARED, offset, bytes);
  }

  /** Puts empty memory there; what was mapped is let go of. */
  unmapFile(offset: number, bytes: number): void {
    this.#map(-1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, offset, bytes);
  }

  #map(fd: number, flags: number, offset: number, bytes: number): void {
    if (offset < 0 || offset + bytes > this.length) throw new RangeError(`${bytes} bytes at ${offset} are outside`);
    check("mmap", hotCalls.mmap(this.address + offset, bytes, PROT_READ_WRITE, flags | MAP_FIXED, fd, 0));
  }
}
