import { type Address, addressBits, type Cidr, formatCidr, sizeOf } from "../address.ts";
import type { Findings } from "../findings.ts";
import type { Path } from "../source/source.ts";

/** Gives prefixes out of a larger one, lowest first. Reports once when there is no room left. */
export class Pool {
  readonly family: Cidr["family"];
  readonly #prefix: Cidr;
  readonly #path: Path;
  readonly #findings: Findings;
  #next: bigint;
  #made = 0;
  #isExhausted = false;

  constructor(prefix: Cidr, path: Path, findings: Findings) {
    this.family = prefix.family;
    this.#prefix = prefix;
    this.#path = path;
    this.#findings = findings;
    this.#next = prefix.value;
  }

  /** The next free prefix of a length in bits. */
  take(length: number): Cidr | undefined {
    const size = 1n << BigInt(addressBits(this.family) - length);
    // Prefixes of different lengths may have been taken: begin where one of this length can.
    const value = ((this.#next + size - 1n) / size) * size;
    if (this.#isExhausted || length < this.#prefix.length || value + size > this.#prefix.value + sizeOf(this.#prefix)) {
      this.#reportExhausted(`/${length}`);
      return undefined;
    }
    this.#next = value + size;
    this.#made++;
    return { family: this.family, value, length };
  }

  /** The next single address; never the first of the pool, which looks like a network's. */
  takeAddress(): Address | undefined {
    if (this.#next === this.#prefix.value && sizeOf(this.#prefix) > 1n) this.#next++;
    return this.take(addressBits(this.family));
  }

  #reportExhausted(wanted: string): void {
    if (this.#isExhausted) return;
    this.#isExhausted = true;
    this.#findings.error("POOL_TOO_SMALL", { pool: formatCidr(this.#prefix), wanted, made: this.#made }, this.#path);
  }
}
