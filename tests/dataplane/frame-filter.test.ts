import { beforeEach, describe, expect, it } from "vitest";
import { FrameFilter } from "../../src/dataplane/capture/frame-filter.ts";
import { compileFilter } from "../../src/kernel/index.ts";
import { ethernet, ipv4, ipv6, pattern, tcp, udp, vlan } from "./packets.ts";

const snaplen = 262_144;
const available = !("unavailable" in compileFilter("", snaplen));

const frames = {
  arp: ethernet(
    0x0806,
    Buffer.from("0001080006040001 02000000000a 0a000001 000000000000 0a000002".replaceAll(" ", ""), "hex"),
  ),
  tcp: ethernet(0x0800, ipv4(6, tcp(pattern(20), 0x02))),
  "tcp with IP options": ethernet(0x0800, ipv4(6, tcp(pattern(20), 0x10), { options: Buffer.alloc(8, 1) })),
  udp: ethernet(0x0800, ipv4(17, udp(53, pattern(30)))),
  "udp over ipv6": ethernet(0x86dd, ipv6(17, udp(53, pattern(30)))),
  "udp in a vlan": vlan(100, 0x0800, ipv4(17, udp(53, pattern(30)))),
  long: ethernet(0x0800, ipv4(17, udp(9, pattern(1400)))),
  lldp: Buffer.concat([Buffer.from("0180c200000e02000000000a88cc", "hex"), pattern(50)]),
  runt: Buffer.from("02000000000b", "hex"),
} as const;

/** The names of the frames that match. */
function matching(expression: string): readonly string[] {
  const result = compileFilter(expression, snaplen);
  if (!("program" in result)) throw new Error(JSON.stringify(result));
  const filter = new FrameFilter(result.program);
  return Object.entries(frames).flatMap(([name, frame]) => {
    const memory = Buffer.concat([Buffer.alloc(7, 0xff), frame, Buffer.alloc(7, 0xff)]);
    return filter.matches(memory, 7, frame.length, frame.length) ? [name] : [];
  });
}

describe("a capture filter", () => {
  beforeEach(({ skip }) => skip(!available, "libpcap is not installed"));

  it.each<[string, readonly string[]]>([
    ["arp", ["arp"]],
    ["tcp", ["tcp", "tcp with IP options"]],
    ["tcp port 80", ["tcp", "tcp with IP options"]],
    ["tcp[tcpflags] & tcp-syn != 0", ["tcp"]],
    ["ip[0] & 0xf > 5", ["tcp with IP options"]],
    ["udp port 53", ["udp", "udp over ipv6"]],
    ["port 53 and not ip6", ["udp"]],
    ["vlan 100 and udp port 53", ["udp in a vlan"]],
    ["vlan 101", []],
    ["greater 1000", ["long"]],
    ["less 20", ["runt"]],
    ["ether proto 0x88cc", ["lldp"]],
    ["ether dst 01:80:c2:00:00:0e", ["lldp"]],
    ["src host 10.0.0.1 and dst net 10.0.0.0/30", ["arp", "tcp", "tcp with IP options", "udp", "long"]],
    ["udp[8:4] = 0x001f3e5d", ["udp", "long"]],
    ["ip[2:2] = 20 * 3 + 12 and ip[8] - 0x30 = 0x10", ["tcp"]],
    ["(ip[2:2] << 1) >> 1 = 0x48 or ip[9] / 2 = 8 or ip[9] % 7 = 3", ["tcp", "udp", "long"]],
  ])("finds by %s", (expression, expected) => {
    expect(matching(expression)).toEqual(expected);
  });

  it("says what is wrong with an expression", () => {
    expect(compileFilter("tcp prt 80", snaplen)).toEqual({ invalid: expect.stringMatching(/syntax error/) });
    expect(compileFilter("host", snaplen)).toHaveProperty("invalid");
  });

  it("finds everything when it is empty", () => {
    expect(matching("")).toEqual(Object.keys(frames));
  });
});

describe("a filter's program", () => {
  const match = (program: readonly [code: number, k?: number, jt?: number, jf?: number][], frame = Buffer.alloc(4)) =>
    new FrameFilter(program.map(([code, k = 0, jt = 0, jf = 0]) => ({ code, k, jt, jf }))).matches(
      frame,
      0,
      frame.length,
      4,
    );

  it("stores, moves and computes", () => {
    // A = 7; M[3] = A; A = 0; X = M[3]; A += X; A *= 6; A ^= X; return A = 45?
    const program = [
      [0x00, 7],
      [0x02, 3],
      [0x00, 0],
      [0x61, 3],
      [0x0c],
      [0x24, 6],
      [0xac],
      [0x15, 45, 0, 1],
      [0x06, 1],
      [0x06, 0],
    ] as const;
    expect(match(program.map((one) => [...one]))).toBe(true);
  });

  it("does not match when it divides by nothing or reads beyond the frame", () => {
    expect(match([[0x00, 1], [0x3c], [0x06, 1]])).toBe(false);
    expect(
      match([
        [0x20, 1],
        [0x06, 1],
      ]),
    ).toBe(false);
    expect(
      match([
        [0x20, 0],
        [0x06, 1],
      ]),
    ).toBe(true);
    expect(
      match([
        [0xb1, 4],
        [0x06, 1],
      ]),
    ).toBe(false);
  });

  it("is refused when it has what classic BPF has not", () => {
    expect(() =>
      match([
        [0x85, 5],
        [0x06, 1],
      ]),
    ).toThrow(RangeError);
  });
});
