import type { FrameViews } from "../../kernel/index.ts";

/**
 * Memory for frames that are kept, out of which a frame's place is taken and given back in constant
 * time and without making objects. Memory is cut into slabs, and a slab into places of one size, so
 * that a 64-byte frame does not take the room of an offload frame; a slab whose places are all free
 * may get another size.
 *
 * A place begins with what is known of the frame: its length, and for a segment of a super-frame which
 * one it is (train.ts). The vnet header follows at a multiple of 8, so what follows the Ethernet header
 * is at one, too.
 */

/** Sizes of places: for small frames, an MTU of 1,500, jumbo frames, offload frames. Multiples of a cache line. */
const sizes = [256, 1664, 9344, 67_584] as const;
const slabBytes = 67_584;
/** Where in its place a frame's vnet header begins. */
const placeHeaderBytes = 16;

const none = -1;
export const noSegment = -1;

export class FrameStore {
  readonly #memory: FrameViews;
  readonly #base: number;
  readonly #slabs: number;
  /** By slab: the class of its places, how many are taken, and its first free place or -1. */
  readonly #classOf: Uint8Array;
  readonly #taken: Uint16Array;
  readonly #firstFree: Int32Array;
  /** Lists of slabs, doubly linked: by class those with a free place; and those without a class. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #partial = new Int32Array(sizes.length).fill(none);
  #empty = none;
  /** Slabs from here on were never used, so their memory was never touched. */
  #fresh = 0;
  #bytesInUse = 0;

  /**
   * @param memory of which `bytes` from `base` on are its own; `base` is a multiple of 64
   */
  constructor(memory: FrameViews, base: number, bytes: number) {
    this.#memory = memory;
    this.#base = base;
    this.#slabs = Math.floor(bytes / slabBytes);
    this.#classOf = new Uint8Array(this.#slabs);
    this.#taken = new Uint16Array(this.#slabs);
    this.#firstFree = new Int32Array(this.#slabs).fill(none);
    this.#next = new Int32Array(this.#slabs).fill(none);
    this.#previous = new Int32Array(this.#slabs).fill(none);
  }

  get bytesInUse(): number {
    return this.#bytesInUse;
  }

  /** Bytes that a frame of so many bytes (vnet header included) takes. */
  sizeFor(length: number): number {
    return sizes[classFor(length)] as number;
  }

  /**
   * A place for a frame of `length` bytes, vnet header included.
   *
   * @returns an offset in the memory; -1 when there is no room
   */
  take(length: number): number {
    const which = classFor(length);
    let slab = this.#partial[which] as number;
    if (slab === none) {
      slab = this.#newSlab(which);
      if (slab === none) return none;
    }
    const place = this.#firstFree[slab] as number;
    // A free place holds the offset of the next one.
    const next = this.#memory.i32[place >> 2] as number;
    this.#firstFree[slab] = next;
    this.#taken[slab] = (this.#taken[slab] as number) + 1;
    if (next === none) this.#unlink(slab, which);
    this.#memory.i32[place >> 2] = length;
    this.#memory.i32[(place >> 2) + 1] = noSegment;
    this.#bytesInUse += sizes[which] as number;
    return place;
  }

  give(place: number): void {
    const slab = Math.floor((place - this.#base) / slabBytes);
    const which = this.#classOf[slab] as number;
    const wasFull = this.#firstFree[slab] === none;
    this.#memory.i32[place >> 2] = this.#firstFree[slab] as number;
    this.#firstFree[slab] = place;
    const taken = (this.#taken[slab] as number) - 1;
    this.#taken[slab] = taken;
    this.#bytesInUse -= sizes[which] as number;
    if (wasFull) this.#link(slab, which);
    // One empty slab of each size stays, or a frame that comes and goes would cut it anew each time.
    if (taken === 0 && (this.#next[slab] !== none || this.#previous[slab] !== none)) {
      this.#unlink(slab, which);
      this.#next[slab] = this.#empty;
      this.#empty = slab;
    }
  }

  /** Where the vnet header of the frame in `place` begins. */
  start(place: number): number {
    return place + placeHeaderBytes;
  }

  /** How many bytes vnet header and frame have. */
  length(place: number): number {
    return this.#memory.i32[place >> 2] as number;
  }

  /**
   * Notes that the frame is a segment of a super-frame.
   *
   * @param number the one after it has the next number; segments of different super-frames have none in between
   */
  markSegment(place: number, number: number, transportAt: number, headerBytes: number): void {
    this.#memory.i32[(place >> 2) + 1] = number;
    this.#memory.i32[(place >> 2) + 2] = (transportAt << 16) | headerBytes;
  }

  /** Its number; `noSegment` for a frame that is none. */
  segmentNumber(place: number): number {
    return this.#memory.i32[(place >> 2) + 1] as number;
  }

  /** Of a segment: where its transport header begins, in the frame. */
  transportAt(place: number): number {
    return (this.#memory.i32[(place >> 2) + 2] as number) >>> 16;
  }

  /** Of a segment: how many bytes of the frame are headers. */
  headerBytes(place: number): number {
    return (this.#memory.i32[(place >> 2) + 2] as number) & 0xffff;
  }

  #newSlab(which: number): number {
    let slab = this.#empty;
    if (slab !== none) this.#empty = this.#next[slab] as number;
    else if (this.#fresh < this.#slabs) slab = this.#fresh++;
    else return none;
    const size = sizes[which] as number;
    const begin = this.#base + slab * slabBytes;
    const places = Math.floor(slabBytes / size);
    for (let index = 0; index < places; index++) {
      const place = begin + index * size;
      this.#memory.i32[place >> 2] = index + 1 === places ? none : place + size;
    }
    this.#classOf[slab] = which;
    this.#taken[slab] = 0;
    this.#firstFree[slab] = begin;
    this.#link(slab, which);
    return slab;
  }

  #link(slab: number, which: number): void {
    const head = this.#partial[which] as number;
    this.#next[slab] = head;
    this.#previous[slab] = none;
    if (head !== none) this.#previous[head] = slab;
    this.#partial[which] = slab;
  }

  #unlink(slab: number, which: number): void {
    const next = this.#next[slab] as number;
    const previous = this.#previous[slab] as number;
    if (next !== none) this.#previous[next] = previous;
    if (previous === none) this.#partial[which] = next;
    else this.#next[previous] = next;
    this.#next[slab] = none;
    this.#previous[slab] = none;
  }
}

function classFor(length: number): number {
  const bytes = length + placeHeaderBytes;
  return bytes <= sizes[0] ? 0 : bytes <= sizes[1] ? 1 : bytes <= sizes[2] ? 2 : 3;
}
