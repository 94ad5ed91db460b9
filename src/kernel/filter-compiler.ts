import koffi from "koffi";
import { viewMemory } from "./hot-calls.ts";
import { addressOf, pinned } from "./libc.ts";

/** An instruction of classic BPF (struct bpf_insn, pcap/bpf.h; linux/filter.h). */
export type BpfInstruction = { readonly code: number; readonly jt: number; readonly jf: number; readonly k: number };

export type FilterResult =
  | { readonly program: readonly BpfInstruction[] }
  /** What is wrong with the expression, in the library's words. */
  | { readonly invalid: string }
  /** The library is not installed. */
  | { readonly unavailable: string };

/** Debian and Ubuntu; the others; a development package. */
const libraryNames = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"] as const;
/** pcap/dlt.h, pcap/pcap.h. */
const DLT_EN10MB = 1;
const PCAP_NETMASK_UNKNOWN = 0xffffffff;
const instructionBytes = 8;

/**
 * Compiles an expression of pcap-filter(7) for Ethernet frames, with the system's libpcap. Not for a
 * live interface: the program looks for VLAN tags in the frame, not beside it.
 *
 * @param snaplenBytes what the program returns for a frame that matches
 */
export function compileFilter(expression: string, snaplenBytes: number): FilterResult {
  const library = load();
  if (library === undefined) return { unavailable: `none of ${libraryNames.join(", ")} is installed` };
  const openDead = library.func("uintptr_t pcap_open_dead(int, int)") as (type: number, snaplen: number) => number;
  const compile = library.func("int pcap_compile(uintptr_t, void *, const char *, int, uint32_t)") as (
    handle: number,
    program: Uint8Array,
    expression: string,
    optimize: number,
    netmask: number,
  ) => number;
  const errorText = library.func("const char *pcap_geterr(uintptr_t)") as (handle: number) => string;
  const freeCode = library.func("void pcap_freecode(uintptr_t)") as (program: number) => void;
  const close = library.func("void pcap_close(uintptr_t)") as (handle: number) => void;

  const handle = openDead(DLT_EN10MB, snaplenBytes);
  // struct bpf_program: number of instructions u32, padding, pointer to them.
  const program = pinned(16);
  try {
    if (compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) !== 0) return { invalid: errorText(handle) };
    const count = program.readUInt32LE(0);
    const view = new DataView(viewMemory(Number(program.readBigUInt64LE(8)), count * instructionBytes));
    const instructions = Array.from({ length: count }, (_, index) => ({
      code: view.getUint16(index * instructionBytes, true),
      jt: view.getUint8(index * instructionBytes + 2),
      jf: view.getUint8(index * instructionBytes + 3),
      k: view.getUint32(index * instructionBytes + 4, true),
    }));
    freeCode(Number(addressOf(program)));
    return { program: instructions };
  } finally {
    close(handle);
  }
}

function load(): ReturnType<typeof koffi.load> | undefined {
  for (const name of libraryNames) {
    try {
      return koffi.load(name);
    } catch {
      // Not this one; koffi has only one kind of error for what is not there.
    }
  }
  return undefined;
}
