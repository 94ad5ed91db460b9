import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

/** errno(3), on every architecture Node runs on. */
export const EINTR = 4;
export const EAGAIN = 11;

/** Numbers that Node's own table leaves out; the same on x86-64 and arm64 (asm-generic/errno.h). */
const others: readonly (readonly [name: string, errno: number])[] = [
  ["ENOTBLK", 15],
  ["ENONET", 64],
  ["ENOTUNIQ", 76],
  ["EUSERS", 87],
  ["ESOCKTNOSUPPORT", 94],
  ["EPFNOSUPPORT", 96],
  ["ESHUTDOWN", 108],
  ["EHOSTDOWN", 112],
  ["EUCLEAN", 117],
  ["EREMOTEIO", 121],
  ["EDQUOT", 122],
  ["ENOMEDIUM", 123],
  ["ENOKEY", 126],
];

const names: ReadonlyMap<number, string> = new Map([
  ...others.map(([name, errno]) => [errno, name] as const),
  ...Object.entries(constants.errno).map(([name, errno]) => [errno, name] as const),
  // Linux gives these numbers two names each; these are the ones its manual pages use.
  [constants.errno.EAGAIN, "EAGAIN"],
  [constants.errno.EOPNOTSUPP, "EOPNOTSUPP"],
]);

/** The symbolic name of an error number, e.g. `EPERM` for 1; `E<number>` for one this file does not know. */
export const errnoName = (errno: number): string => names.get(errno) ?? `E${errno}`;

/** What it means in words, e.g. `operation not permitted`; undefined where Node has none. */
export const errnoText = (errno: number): string | undefined => getSystemErrorMap().get(-errno)?.[1];

/** A system call, or a request to the kernel, that failed. */
export class KernelError extends Error {
  override readonly name = "KernelError";
  /** What was asked for, e.g. `setns` or `link add eth0`. */
  readonly call: string;
  /** Positive, as in errno(3). */
  readonly errno: number;
  /** E.g. `EPERM`. */
  readonly code: string;
  /** What the kernel said beyond the number (netlink's extended acknowledgement), or what the caller knows. */
  readonly detail: string | undefined;

  constructor(call: string, errno: number, detail?: string) {
    const code = errnoName(errno);
    const text = errnoText(errno);
    super(`${call}: ${text === undefined ? code : `${text} (${code})`}${detail === undefined ? "" : `: ${detail}`}`);
    this.call = call;
    this.errno = errno;
    this.code = code;
    this.detail = detail;
  }
}
