import type { BpfInstruction } from "../../kernel/index.ts";

/*
 * Classic BPF (McCanne and Jacobson 1993; linux/filter.h, net/core/filter.c), run here and not in the
 * kernel: there a frame's VLAN tag is not in the frame, so the same expression would find other frames
 * on a wire than on a socket.
 */

const LD_W_ABS = 0x20;
const LD_H_ABS = 0x28;
const LD_B_ABS = 0x30;
const LD_W_IND = 0x40;
const LD_H_IND = 0x48;
const LD_B_IND = 0x50;
const LD_IMM = 0x00;
const LD_MEM = 0x60;
const LD_LEN = 0x80;
const LDX_IMM = 0x01;
const LDX_MEM = 0x61;
const LDX_LEN = 0x81;
/** 4 times the lower half of a byte: the length of an IPv4 header. */
const LDX_MSH = 0xb1;
const ST = 0x02;
const STX = 0x03;
const JA = 0x05;
const RET_K = 0x06;
const RET_A = 0x16;
const TAX = 0x07;
const TXA = 0x87;

/** The class of an instruction, its operation, and whether its operand is X. */
const CLASS = { alu: 0x04, jump: 0x05 } as const;
const operandX = 0x08;
const scratchWords = 16;

/** Whether frames match a compiled filter. */
export class FrameFilter {
  readonly #codes: Uint16Array;
  readonly #ifTrue: Uint8Array;
  readonly #ifFalse: Uint8Array;
  readonly #operands: Uint32Array;
  readonly #scratch = new Uint32Array(scratchWords);

  /** @throws RangeError for an instruction that classic BPF does not have */
  constructor(program: readonly BpfInstruction[]) {
    this.#codes = Uint16Array.from(program, ({ code }) => code);
    this.#ifTrue = Uint8Array.from(program, ({ jt }) => jt);
    this.#ifFalse = Uint8Array.from(program, ({ jf }) => jf);
    this.#operands = Uint32Array.from(program, ({ k }) => k);
    for (const { code } of program) if (!isKnown(code)) throw new RangeError(`BPF instruction ${code}`);
  }

  /** @param wholeLength of the frame, of which `length` bytes are there */
  matches(u8: Uint8Array, start: number, length: number, wholeLength: number): boolean {
    let a = 0;
    let x = 0;
    // A program only jumps forward, so this ends.
    for (let at = 0; at < this.#codes.length; at++) {
      const code = this.#codes[at] as number;
      const k = this.#operands[at] as number;
      switch (code) {
        case RET_K:
          return k !== 0;
        case RET_A:
          return a !== 0;
        case LD_IMM:
          a = k;
          continue;
        case LDX_IMM:
          x = k;
          continue;
        case LD_LEN:
          a = wholeLength;
          continue;
        case LDX_LEN:
          x = wholeLength;
          continue;
        case LD_MEM:
          a = this.#scratch[k] as number;
          continue;
        case LDX_MEM:
          x = this.#scratch[k] as number;
          continue;
        case ST:
          this.#scratch[k] = a;
          continue;
        case STX:
          this.#scratch[k] = x;
          continue;
        case TAX:
          x = a;
          continue;
        case TXA:
          a = x;
          continue;
        case JA:
          at += k;
          continue;
        case LDX_MSH:
          if (k >= length) return false;
          x = ((u8[start + k] as number) & 0x0f) * 4;
          continue;
        default:
      }
      if ((code & 0x07) === CLASS.jump) {
        const operand = (code & operandX) === 0 ? k : x;
        at += (compare(code & 0xf0, a, operand) ? this.#ifTrue[at] : this.#ifFalse[at]) as number;
      } else if ((code & 0x07) === CLASS.alu) {
        const result = calculate(code & 0xf0, a, (code & operandX) === 0 ? k : x);
        // Division by zero, as a load from beyond the frame, ends the program: no match.
        if (result === undefined) return false;
        a = result;
      } else {
        const indirect = code === LD_W_IND || code === LD_H_IND || code === LD_B_IND;
        const from = indirect ? x + k : k;
        const bytes = code === LD_W_ABS || code === LD_W_IND ? 4 : code === LD_H_ABS || code === LD_H_IND ? 2 : 1;
        if (from + bytes > length) return false;
        a = 0;
        for (let index = 0; index < bytes; index++) a = a * 256 + (u8[start + from + index] as number);
      }
    }
    return false;
  }
}

function compare(operation: number, a: number, operand: number): boolean {
  switch (operation) {
    case 0x10:
      return a === operand;
    case 0x20:
      return a > operand;
    case 0x30:
      return a >= operand;
    default:
      return (a & operand) !== 0;
  }
}

function calculate(operation: number, a: number, operand: number): number | undefined {
  switch (operation) {
    case 0x00:
      return (a + operand) >>> 0;
    case 0x10:
      return (a - operand) >>> 0;
    case 0x20:
      return Math.imul(a, operand) >>> 0;
    case 0x30:
      return operand === 0 ? undefined : Math.floor(a / operand);
    case 0x40:
      return (a | operand) >>> 0;
    case 0x50:
      return (a & operand) >>> 0;
    case 0x60:
      return operand > 31 ? 0 : (a << operand) >>> 0;
    case 0x70:
      return operand > 31 ? 0 : a >>> operand;
    case 0x80:
      return -a >>> 0;
    case 0x90:
      return operand === 0 ? undefined : a % operand;
    default:
      return (a ^ operand) >>> 0;
  }
}

const loads = [LD_W_ABS, LD_H_ABS, LD_B_ABS, LD_W_IND, LD_H_IND, LD_B_IND, LD_IMM, LD_MEM, LD_LEN];
const others = [LDX_IMM, LDX_MEM, LDX_LEN, LDX_MSH, ST, STX, JA, RET_K, RET_A, TAX, TXA];

function isKnown(code: number): boolean {
  if (loads.includes(code) || others.includes(code)) return true;
  const operation = code & 0xf0;
  if ((code & 0x07) === CLASS.jump) return code <= 0xff && operation >= 0x10 && operation <= 0x40;
  return (code & 0x07) === CLASS.alu && code <= 0xff && operation <= 0xa0;
}
