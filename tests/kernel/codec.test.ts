import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Attributes, MessageWriter, readAttributes, readMessages } from "../../src/kernel/netlink/codec.ts";

const written = (body: (writer: MessageWriter) => void): Buffer => {
  const writer = new MessageWriter(16);
  body(writer);
  return Buffer.from(writer.bytes);
};

describe("netlink codec", () => {
  it("lays out a message as netlink(7) says", () => {
    const bytes = written((writer) => {
      writer.begin(16, 0x605, 7);
      writer.u8(0).u8(0).u16(0).u32(11).u32(1).u32(1);
      writer.attributeString(3, "eth0");
      writer.attributeU32(4, 1500);
      writer.nested(18, () => writer.attributeU8(1, 0xab));
      writer.end();
    });
    expect(bytes.toString("hex")).toBe(
      [
        "40000000" + "1000" + "0506" + "07000000" + "00000000",
        "00000000" + "0b000000" + "01000000" + "01000000",
        "0900" + "0300" + Buffer.from("eth0\0").toString("hex") + "000000",
        "0800" + "0400" + "dc050000",
        "0c00" + "1280" + "0500" + "0100" + "ab000000",
      ].join(""),
    );
  });

  it("writes network byte order where asked", () => {
    expect(written((writer) => writer.attributeU16be(1, 0x1234)).toString("hex")).toBe("060001001234" + "0000");
  });

  it("reads back what it writes, however much", () => {
    const attribute = fc.record({
      type: fc.integer({ min: 0, max: 0x3fff }),
      value: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(attribute)), (messages) => {
        const bytes = written((writer) => {
          for (const [index, attributes] of messages.entries()) {
            writer.begin(index, 1, index + 1);
            for (const { type, value } of attributes) writer.attributeBytes(type, value);
            writer.end();
          }
        });
        const read = [...readMessages(bytes)].map((message) => ({
          type: message.type,
          sequence: message.sequence,
          attributes: [...readAttributes(message.payload)].map(([type, value]) => ({
            type,
            value: new Uint8Array(value),
          })),
        }));
        expect(read).toEqual(messages.map((attributes, index) => ({ type: index, sequence: index + 1, attributes })));
      }),
    );
  });

  it("reads numbers, strings and nested attributes", () => {
    const attributes = Attributes.read(
      written((writer) => {
        writer.u32(0xdeadbeef);
        writer.attributeU8(1, 200).attributeU16(2, 60_000).attributeU32(3, 4_000_000_000).attributeString(4, "jäck");
        writer.nested(5, () => writer.nested(6, () => writer.attributeU32(7, 42)));
        writer.attributeU32(8, -2);
      }),
      4,
    );
    expect(attributes.u8(1)).toBe(200);
    expect(attributes.u16(2)).toBe(60_000);
    expect(attributes.u32(3)).toBe(4_000_000_000);
    expect(attributes.string(4)).toBe("jäck");
    expect(attributes.nested(5)?.nested(6)?.u32(7)).toBe(42);
    expect(attributes.i32(8)).toBe(-2);
    expect(attributes.u32(9)).toBeUndefined();
  });

  it("refuses lengths that do not fit, and never reads past the end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const datagram = Buffer.from(bytes);
        try {
          for (const { payload } of readMessages(datagram)) Attributes.read(payload);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
    expect(() => [...readMessages(Buffer.from("0f000000", "hex"))]).toThrow(RangeError);
    expect(() => Attributes.read(Buffer.from("0300010000000000", "hex"))).toThrow(RangeError);
    expect(() => Attributes.read(Buffer.from("0900010000000000", "hex"))).toThrow(RangeError);
    expect(() => Attributes.read(Buffer.from("05000100ff000000", "hex")).u32(1)).toThrow(RangeError);
  });

  it("takes back a message whose encoding fails", () => {
    const writer = new MessageWriter();
    writer.begin(1, 0, 1);
    writer.u32(1);
    writer.end();
    const before = Buffer.from(writer.bytes);
    writer.begin(2, 0, 2);
    writer.attributeString(1, "half");
    writer.abandon();
    expect(writer.bytes).toEqual(before);
  });
});
