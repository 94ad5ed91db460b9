import { decodeName } from "./domain-name.ts";
import { must, Octets, textOf } from "./octets.ts";
import type { Step } from "./step.ts";

/** A message of DNS, or of multicast DNS. */
export type Dns = {
  readonly layer: "dns";
  readonly id: number;
  readonly isResponse: boolean;
  /** `query`, `notify`, `update`, or `opcode-N`. */
  readonly opcode: string;
  readonly authoritative: boolean;
  /** The answer did not fit: to be asked for over TCP. */
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, …, or `RCODE-N`. */
  readonly responseCode: string;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
};

export type DnsQuestion = {
  /** Without the dot at its end; the root is `.`. Case is that of the sender. */
  readonly name: string;
  /** `A`, `AAAA`, …, or `TYPEN` (RFC 3597). */
  readonly type: string;
  /** `IN`, or `CLASSN`. */
  readonly class: string;
  /** Multicast DNS: an answer to the asker alone is welcome (RFC 6762, section 5.4). */
  readonly unicastResponse?: true;
};

export type DnsRecord = {
  readonly name: string;
  readonly type: string;
  readonly class: string;
  readonly ttlSeconds: number;
  /** Of A and AAAA the address; of CNAME, NS, PTR and DNAME the name; of TXT its texts put together. */
  readonly data?: string;
  /** Of TXT. */
  readonly texts?: readonly string[];
  readonly mx?: { readonly preference: number; readonly exchange: string };
  readonly srv?: {
    readonly priority: number;
    readonly weight: number;
    readonly port: number;
    readonly target: string;
  };
  readonly soa?: { readonly primary: string; readonly mailbox: string; readonly serial: number };
  /** The data as it is. Names in it may be compressed. */
  readonly bytes: Uint8Array;
  /** Multicast DNS: older answers are to be forgotten (RFC 6762, section 10.2). */
  readonly cacheFlush?: true;
};

const opcodes: Readonly<Record<number, string>> = { 0: "query", 2: "status", 4: "notify", 5: "update" };

/** DNS RCODEs (IANA). */
const responseCodes: readonly string[] = [
  ...["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"],
  ...["YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"],
];

/** Resource Record TYPEs (IANA). */
const types: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  35: "NAPTR",
  39: "DNAME",
  41: "OPT",
  43: "DS",
  46: "RRSIG",
  47: "NSEC",
  48: "DNSKEY",
  50: "NSEC3",
  52: "TLSA",
  64: "SVCB",
  65: "HTTPS",
  252: "AXFR",
  255: "ANY",
  257: "CAA",
};
const classes: Readonly<Record<number, string>> = { 1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY" };

const typeName = (type: number): string => types[type] ?? `TYPE${type}`;
const className = (code: number): string => classes[code] ?? `CLASS${code}`;
/** The top bit of a class is a flag of multicast DNS. */
const flagged = 0x8000;
/** The class of OPT is a length. */
const optType = 41;

/** RFC 1035, section 4. */
export function decodeDns(bytes: Uint8Array): Step<Dns> {
  const octets = new Octets(bytes);
  const flags = octets.u16(2);
  const counts = [octets.u16(4), octets.u16(6), octets.u16(8), octets.u16(10)] as const;
  let at = 12;
  const questions: DnsQuestion[] = [];
  for (let left = counts[0]; left > 0; left--) {
    const { name, end } = decodeName(bytes, at);
    const code = octets.u16(end + 2);
    questions.push({
      name,
      type: typeName(octets.u16(end)),
      class: className(code & ~flagged),
      ...(code & flagged ? { unicastResponse: true as const } : {}),
    });
    at = end + 4;
  }
  const section = (count: number): readonly DnsRecord[] =>
    Array.from({ length: count }, () => {
      const { record, end } = decodeRecord(octets, at);
      at = end;
      return record;
    });
  // Each record takes eleven bytes at least; more of them than fit are not tried.
  const records = counts[1] + counts[2] + counts[3];
  must(records * 11 <= bytes.length - at, `${records} records do not fit in ${bytes.length - at} bytes`);
  const [answers, authorities, additionals] = [section(counts[1]), section(counts[2]), section(counts[3])];
  const opcode = (flags >> 11) & 15;
  const responseCode = flags & 15;
  return {
    layer: {
      layer: "dns",
      id: octets.u16(0),
      isResponse: (flags & 0x8000) !== 0,
      opcode: opcodes[opcode] ?? `opcode-${opcode}`,
      authoritative: (flags & 0x0400) !== 0,
      truncated: (flags & 0x0200) !== 0,
      recursionDesired: (flags & 0x0100) !== 0,
      recursionAvailable: (flags & 0x0080) !== 0,
      authenticData: (flags & 0x0020) !== 0,
      checkingDisabled: (flags & 0x0010) !== 0,
      responseCode: responseCodes[responseCode] ?? `RCODE-${responseCode}`,
      questions,
      answers,
      authorities,
      additionals,
    },
  };
}

function decodeRecord(octets: Octets, start: number): { readonly record: DnsRecord; readonly end: number } {
  const { name, end: at } = decodeName(octets.bytes, start);
  const type = octets.u16(at);
  const code = octets.u16(at + 2);
  const data = octets.take(at + 10, octets.u16(at + 8));
  const isOpt = type === optType;
  return {
    record: {
      name,
      type: typeName(type),
      class: isOpt ? `CLASS${code}` : className(code & ~flagged),
      ttlSeconds: octets.u32(at + 4),
      ...recordData(octets, type, at + 10, data),
      bytes: data,
      ...(!isOpt && code & flagged ? { cacheFlush: true as const } : {}),
    },
    end: at + 10 + data.length,
  };
}

/** @param at where the data begins in the message, for names that are compressed */
function recordData(message: Octets, type: number, at: number, data: Uint8Array): Partial<DnsRecord> {
  const octets = new Octets(data);
  const nameAt = (offset: number): string => decodeName(message.bytes, at + offset).name;
  switch (typeName(type)) {
    case "A":
      return { data: octets.ipv4(0) };
    case "AAAA":
      return { data: octets.ipv6(0) };
    case "CNAME":
    case "NS":
    case "PTR":
    case "DNAME":
      return { data: nameAt(0) };
    case "TXT": {
      const texts: string[] = [];
      for (let here = 0; here < data.length; here += 1 + octets.u8(here)) {
        texts.push(textOf(octets.take(here + 1, octets.u8(here))));
      }
      return { data: texts.join(""), texts };
    }
    case "MX":
      return { mx: { preference: octets.u16(0), exchange: nameAt(2) } };
    case "SRV":
      return {
        srv: { priority: octets.u16(0), weight: octets.u16(2), port: octets.u16(4), target: nameAt(6) },
      };
    case "SOA": {
      const primary = decodeName(message.bytes, at);
      const mailbox = decodeName(message.bytes, primary.end);
      return { soa: { primary: primary.name, mailbox: mailbox.name, serial: message.u32(mailbox.end) } };
    }
    default:
      return {};
  }
}
