/** Reads pcapng as the specification says (draft-ietf-opsawg-pcapng), strictly, for tests. */

export type CapturedFrame = {
  readonly interface: string;
  readonly timeNs: bigint;
  readonly direction: "inbound" | "outbound" | "unknown";
  readonly frame: Buffer;
  readonly wholeLength: number;
  readonly comments: readonly string[];
};

export type CaptureFile = {
  readonly interfaces: readonly {
    readonly name: string;
    readonly description?: string;
    readonly filter?: string;
    readonly snaplen: number;
  }[];
  readonly frames: readonly CapturedFrame[];
  readonly statistics: readonly {
    readonly interface: string;
    readonly received: number;
    readonly dropped: number;
    readonly comments: readonly string[];
  }[];
};

type Option = { readonly code: number; readonly value: Buffer };

/** @throws when anything is not as it must be */
export function readCapture(bytes: Buffer): CaptureFile {
  const interfaces: CaptureFile["interfaces"][number][] = [];
  const frames: CapturedFrame[] = [];
  const statistics: CaptureFile["statistics"][number][] = [];
  /** Where the interfaces of the section begin, which are numbered from 0 in each. */
  let section = 0;
  for (let at = 0; at < bytes.length; ) {
    const type = bytes.readUInt32LE(at);
    const total = bytes.readUInt32LE(at + 4);
    require(total % 4 === 0 && total >= 12 && at + total <= bytes.length, `block of ${total} bytes at ${at}`);
    require(bytes.readUInt32LE(at + total - 4) === total, "the length at the end is that at the beginning");
    require(at > 0 || type === 0x0a0d0d0a, "a section at the beginning");
    const body = bytes.subarray(at + 8, at + total - 4);
    switch (type) {
      case 0x0a0d0d0a:
        require(body.readUInt32LE(0) === 0x1a2b3c4d, "byte order");
        require(body.readUInt16LE(4) === 1 && body.readUInt16LE(6) === 0, "version 1.0");
        options(body.subarray(16));
        section = interfaces.length;
        break;
      case 1: {
        require(body.readUInt16LE(0) === 1, "Ethernet");
        const given = options(body.subarray(8));
        require(given.find(({ code }) => code === 9)?.value[0] === 9, "nanoseconds");
        const [description, filter] = [textOf(given, 3), given.find(({ code }) => code === 11)?.value];
        interfaces.push({
          name: textOf(given, 2) ?? "",
          snaplen: body.readUInt32LE(4),
          ...(description === undefined ? {} : { description }),
          ...(filter === undefined ? {} : { filter: filter.toString("utf8", 1) }),
        });
        break;
      }
      case 6: {
        const captured = body.readUInt32LE(12);
        const padded = (captured + 3) & ~3;
        const given = options(body.subarray(20 + padded));
        const flags = given.find(({ code }) => code === 2)?.value.readUInt32LE(0) ?? 0;
        frames.push({
          interface: interfaces[section + body.readUInt32LE(0)]?.name ?? "?",
          timeNs: timeOf(body, 4),
          direction: (["unknown", "inbound", "outbound"] as const)[flags & 3] ?? "unknown",
          frame: Buffer.from(body.subarray(20, 20 + captured)),
          wholeLength: body.readUInt32LE(16),
          comments: given.filter(({ code }) => code === 1).map(({ value }) => value.toString()),
        });
        break;
      }
      case 5: {
        const given = options(body.subarray(12));
        const count = (code: number) => Number(given.find((one) => one.code === code)?.value.readBigUInt64LE(0));
        require(timeOf(body, 4) >=
          timeOf(given.find(({ code }) => code === 2)?.value ?? body, 0), "it ends after it began");
        statistics.push({
          interface: interfaces[section + body.readUInt32LE(0)]?.name ?? "?",
          received: count(4),
          dropped: count(7),
          comments: given.filter(({ code }) => code === 1).map(({ value }) => value.toString()),
        });
        break;
      }
      default:
        throw new Error(`block type ${type}`);
    }
    at += total;
  }
  return { interfaces, frames, statistics };
}

function options(bytes: Buffer): readonly Option[] {
  const found: Option[] = [];
  for (let at = 0; at < bytes.length; ) {
    const code = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    require(at + 4 + length <= bytes.length, "an option within its block");
    if (code === 0) {
      require(at + 4 === bytes.length, "the end of the options is the end of the block");
      return found;
    }
    found.push({ code, value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + ((length + 3) & ~3);
  }
  throw new Error("options without an end");
}

const textOf = (given: readonly Option[], code: number): string | undefined =>
  given.find((option) => option.code === code)?.value.toString();

const timeOf = (bytes: Buffer, at: number): bigint =>
  (BigInt(bytes.readUInt32LE(at)) << 32n) | BigInt(bytes.readUInt32LE(at + 4));

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
