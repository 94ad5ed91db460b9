import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PcapngBlocks } from "../../src/api/pcapng-blocks.ts";
import { captureFileName, captureFilePattern } from "../../src/topology/capture/capture.ts";
import { formatSize, parseSize } from "../../src/topology/capture/size.ts";
import { captureInterfaces, groupTargets } from "../../src/topology/capture/targets.ts";
import { plan } from "../../src/topology/plan/plan.ts";
import { printLab } from "../../src/topology/print.ts";
import { codesOf, errorsOf, load } from "./lab-text.ts";

const base = `
name: demo
variables: { port: 80 }
nodes: {h1: , r1: {kind: router, interfaces: {lo: 192.0.2.1/32, eth5: }}, r2: {kind: router}, s1: {kind: switch}}
links: [[h1, 'r1:eth0'], ['r1:eth1', 'r2:eth0'], ['r1:eth2', 'r2:eth1'], [r2, s1]]
`;
const withCapture = (...captures: readonly string[]): string =>
  `${base}capture:\n${captures.map((one) => `  - ${one}\n`).join("")}`;
const names = (text: string) =>
  load(text).captures?.map(({ interfaces }) => interfaces.map((end) => `${end.node}:${end.interface}`).join(" "));

describe("capture: in a lab file", () => {
  test("names interfaces, ports and links; says what is taken; has a file of its own", () => {
    const lab = load(
      withCapture(
        "{of: h1:eth0}",
        "{of: [h1 -- r1, 's1:p1', 'h1:eth0'], file: wan, filter: 'tcp port ${port}', snaplen: 128, count: 10, duration: 1.5s, ring: 16mb}",
      ),
    );
    expect(lab.captures).toEqual([
      { file: "h1-eth0.pcapng", interfaces: [{ node: "h1", interface: "eth0" }] },
      {
        file: "wan.pcapng",
        interfaces: [
          { node: "h1", interface: "eth0" },
          { node: "r1", interface: "eth0" },
          { node: "s1", interface: "p1" },
        ],
        filter: "tcp port 80",
        snaplenBytes: 128,
        maxFrames: 10,
        durationMs: 1500,
        ringBytes: 16 * 1024 * 1024,
      },
    ]);
    expect(load(printLab(lab))).toEqual(lab);
  });

  test("takes an interface that no link is at yet, and a link by its ends where two join the same nodes", () => {
    expect(names(withCapture("{of: r1:eth5}", "{of: r1:eth1 -- r2}"))).toEqual(["r1:eth5", "r1:eth1 r2:eth0"]);
  });

  test("comes before the links are connected, and is one step of a change", () => {
    const [without, before, after] = [
      load(base),
      load(withCapture("{of: h1:eth0}")),
      load(withCapture("{of: h1:eth0, filter: icmp}", "{of: s1:p1}")),
    ];
    const steps = plan(before, undefined).map((step) => step.do);
    expect(steps.filter((step) => step === "capture.start")).toHaveLength(1);
    expect(steps.indexOf("capture.start")).toBeLessThan(steps.indexOf("link.connect"));
    expect(steps.indexOf("capture.start")).toBeGreaterThan(steps.lastIndexOf("interface.create"));
    expect(plan(before, without).map((step) => step.do)).toEqual(["capture.start"]);
    expect(plan(without, before).map((step) => step.do)).toEqual(["capture.stop"]);
    expect(plan(after, before).map((step) => step.do)).toEqual(["capture.stop", "capture.start", "capture.start"]);
  });

  test.each([
    ["a node that is not there", "{of: h9:eth0}", "NODE_NOT_FOUND"],
    ["an interface that is not there", "{of: h1:eth7}", "CAPTURE_INTERFACE_UNKNOWN"],
    ["a link that is not there", "{of: h1 -- r2}", "LINK_NOT_FOUND"],
    ["one of two links", "{of: r1 -- r2}", "LINK_AMBIGUOUS"],
    ["the loopback interface", "{of: r1:lo}", "CAPTURE_LOOPBACK"],
    ["a node alone", "{of: h1}", "CAPTURE_TARGET_INVALID"],
    ["nothing", "{file: x}", "MISSING_KEY"],
    ["a file in another folder", "{of: h1:eth0, file: ../x}", "NAME_INVALID"],
    ["a key that is none", "{of: h1:eth0, filtre: icmp}", "UNKNOWN_KEY"],
    ["more of a frame than there can be", "{of: h1:eth0, snaplen: 300000}", "WRONG_VALUE"],
    ["no frames", "{of: h1:eth0, count: 0}", "WRONG_VALUE"],
    ["no time", "{of: h1:eth0, duration: 0s}", "WRONG_VALUE"],
    ["a ring that is too small", "{of: h1:eth0, ring: 1kb}", "WRONG_VALUE"],
    ["a ring that is no size", "{of: h1:eth0, ring: big}", "WRONG_VALUE"],
  ])("cannot be of %s", (_, capture, code) => {
    const [error, ...others] = errorsOf(withCapture(capture));
    expect(others).toEqual([]);
    expect(error?.code).toBe(code);
    expect(error?.exitCode === 2 || code.endsWith("_FOUND") || code.endsWith("_AMBIGUOUS")).toBe(true);
    expect(error?.at).toMatchObject({ file: "lab.yaml", line: 7 });
  });

  test("two of them cannot have one file, whether it was chosen or not", () => {
    expect(codesOf(withCapture("{of: h1:eth0}", "{of: s1:p1, file: H1-eth0.pcapng}"))).toEqual(["CAPTURE_FILE_TAKEN"]);
  });

  test("is not blamed for a node that is wrong itself", () => {
    expect(codesOf(`nodes: {h1: {kind: hosst}, h2: }\nlinks: [[h1, h2]]\ncapture: [{of: h1:eth0}]\n`)).toEqual([
      "BAD_CHOICE",
    ]);
  });
});

describe("targets", () => {
  const lab = load(base);
  test.each([
    [["h1:eth0"], ["h1:eth0"]],
    [["h1", "r1"], ["h1 r1"]],
    [
      ["s1:p1", "h1", "r1", "r2:eth0"],
      ["s1:p1", "h1 r1", "r2:eth0"],
    ],
    [
      ["r1:eth1 — r2:eth0", "h1 -- r1"],
      ["r1:eth1 — r2:eth0", "h1 -- r1"],
    ],
  ])("on a command line: %j", (words, targets) => {
    expect(groupTargets(words)).toEqual(targets);
    expect(captureInterfaces(lab, targets).length).toBeGreaterThan(0);
  });

  test.each([[["h1"]], [["h1", "r1:eth0"]], [["h1:eth0", "r1"]], [["h1", "r1", "r2"]], [["h1", "h1 r1"]]])(
    "%j is not all of them",
    (words) => {
      expect(() => groupTargets(words)).toThrowError(expect.objectContaining({ code: "CAPTURE_TARGET_INVALID" }));
    },
  );

  test("give names to files", () => {
    expect(captureFileName(["h1:eth0", "r1 -- r2"])).toBe("h1-eth0+r1-r2.pcapng");
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z][a-z0-9-]{0,60}:[a-z0-9.@-]{1,15}$/), { minLength: 1 }),
        (words) => {
          expect(captureFileName(words)).toMatch(captureFilePattern);
        },
      ),
    );
  });
});

test("sizes are read as they are printed", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (bytes) => {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
  expect(["1500", "64kb", "1.5 MiB", "2gb", "", "x", "-1"].map(parseSize)).toEqual([
    1500,
    65_536,
    1_572_864,
    2 ** 31,
    undefined,
    undefined,
    undefined,
  ]);
});

describe("a stream of pcapng", () => {
  const block = (type: number, body: number, name = 0): Buffer => {
    const bytes = Buffer.alloc(12 + body);
    bytes.writeUInt32LE(type, 0);
    bytes.writeUInt32LE(bytes.length, 4);
    if (body > 0) bytes.writeUInt32LE(name, 8);
    bytes.writeUInt32LE(bytes.length, bytes.length - 4);
    return bytes;
  };
  const kinds = fc.record({
    type: fc.constantFrom(0x0a0d0d0a, 1, 5, 6, 6, 6),
    words: fc.integer({ min: 1, max: 400 }),
    name: fc.nat(3),
  });

  test("comes out whole however it comes in, and is counted", () => {
    fc.assert(
      fc.property(fc.array(kinds), fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }), (parts, cuts) => {
        const all = Buffer.concat(parts.map(({ type, words, name }) => block(type, words * 4, name)));
        const ends = new Set([0]);
        for (let at = 0; at < all.length; ends.add(at)) at += all.readUInt32LE(at + 4);
        const blocks = new PcapngBlocks();
        let got = Buffer.alloc(0);
        for (let at = 0, turn = 0; at < all.length; turn++) {
          const piece = all.subarray(at, at + (cuts[turn % cuts.length] as number));
          at += piece.length;
          got = Buffer.concat([got, blocks.push(piece)]);
          expect(ends.has(got.length)).toBe(true);
          expect(at - got.length).toBeLessThan(12 + 1600);
        }
        expect(got.equals(all)).toBe(true);
        expect(blocks.bytes).toBe(all.length);
        for (const name of [0, 1, 2, 3]) {
          const frames = parts.filter((part) => part.type === 6 && part.name === name).length;
          expect(blocks.frames[name] ?? 0).toBe(frames);
        }
      }),
    );
  });

  test("goes on after a break, without the part of a block before it", () => {
    const blocks = new PcapngBlocks();
    const [first, second] = [block(6, 40), block(1, 8)];
    expect(blocks.push(first.subarray(0, 30))).toHaveLength(0);
    blocks.breakOff();
    expect(blocks.push(second).equals(second)).toBe(true);
    expect(blocks.frames).toEqual([]);
  });

  test("that is none is refused", () => {
    expect(() => new PcapngBlocks().push(Buffer.alloc(64))).toThrow(RangeError);
  });
});
