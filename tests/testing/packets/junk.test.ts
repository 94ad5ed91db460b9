import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, describePacket, type LayerName } from "../../../src/testing/packets/index.ts";
import { layerNames } from "../../../src/testing/packets/layers/decode.ts";
import { samples } from "./samples.ts";

const frames = fc.constantFrom(...Object.values(samples));

/** Uses all of what was decoded: the texts that are made when asked for, too. */
function exercise(bytes: Uint8Array, as?: LayerName): void {
  const decoded = decodeFrame(bytes, as === undefined ? {} : { as });
  const { layers, problems } = decoded;
  expect(layers.length).toBeGreaterThan(0);
  for (const problem of problems) expect(problem.message).not.toBe("");
  describePacket({
    ...decoded,
    number: 1,
    timeNs: 2n ** 64n,
    interface: "h1:eth0",
    direction: "inbound",
    bytes,
    length: bytes.length,
    comments: [],
  });
}

describe("any bytes", () => {
  it("are decoded without an exception, as any layer", () => {
    const layers = fc.constantFrom(...layerNames);
    fc.assert(
      fc.property(layers, fc.uint8Array({ minLength: 1, maxLength: 300 }), (as, bytes) => exercise(bytes, as)),
      {
        numRuns: 5000,
        seed: 1,
      },
    );
  });

  it("that were a frame are, with some of them changed", () => {
    const changes = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(frames, changes, (frame, places) => {
        const changed = Buffer.from(frame);
        for (const [at, value] of places) changed[at % changed.length] = value;
        exercise(changed);
      }),
      { numRuns: 5000, seed: 2 },
    );
  });

  it("that were a frame are, wherever it is cut off, and a problem says so", () => {
    for (const frame of Object.values(samples)) {
      for (let length = 1; length < frame.length; length++) {
        exercise(frame.subarray(0, length));
        if (length < 14) expect(decodeFrame(frame.subarray(0, length)).problems).toHaveLength(1);
      }
    }
  });

  it("of one value are decoded", () => {
    for (let value = 0; value < 256; value++) for (const as of layerNames) exercise(Buffer.alloc(200, value), as);
  });

  it("take time in proportion to their number, also those made to take long", () => {
    const header = samples["udp payload"].subarray(0, 14);
    const repeated = (piece: string, head = Buffer.alloc(0)): Buffer =>
      Buffer.concat([head, Buffer.alloc(64_000, Buffer.from(piece, "hex"))]);
    const ipv6Header = Buffer.from(samples["ipv6 fragment"].subarray(14, 54));
    ipv6Header[6] = 0;
    ipv6Header.writeUInt16BE(0, 4);
    // A name of 127 labels, and records that all point to it.
    const label = "0161".repeat(126);
    const longName = Buffer.from(`000084000000157c00000000${label}00`, "hex");
    const bombs: readonly [LayerName, Buffer][] = [
      ["vlan", repeated("00018100")],
      ["ipv6", repeated("0000000000000000", ipv6Header)],
      ["icmp", repeated(`0300000000000000${"4500ffff0000000040010000" + "0a0000010a000002"}`)],
      ["ipv4", repeated("4500000000000000400400000a0000010a000002")],
      ["bgp", repeated(`${"ff".repeat(16)}001304`)],
      ["dns", repeated("c00c0001800100000000000000", longName)],
      ["dns", repeated("c00c00010001", Buffer.from("0000840029aa000000000000", "hex"))],
      ["dhcpv6", repeated("0c00" + "00".repeat(32) + "0009ffff")],
      ["dhcp", Buffer.concat([samples["dhcp offer"].subarray(42, 282), repeated("0a00")])],
      ["lldp", Buffer.concat([samples.lldp.subarray(14, 40), repeated("fe00")])],
    ];
    for (const [as, bytes] of bombs) exercise(bytes, as);
    expect(header).toHaveLength(14);
  });
});
