import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TerminalText } from "../../src/testing/console/index.ts";

const read = (...pieces: readonly (string | Uint8Array)[]): string => {
  const terminal = new TerminalText();
  return pieces.reduce<string>((text, piece) => terminal.append(text, Buffer.from(piece)), "");
};

describe("the text of a terminal", () => {
  it.each([
    ["colours and attributes", "\x1b[1;31mred\x1b[0m plain", "red plain"],
    ["a window's title", "\x1b]0;root@guest: ~\x07# ", "# "],
    ["a title ended by ESC \\", "\x1b]2;title\x1b\\# ", "# "],
    ["character sets and keypad modes", "\x1b(B\x1b=\x1b>\x1b)0ok", "ok"],
    ["a question for the cursor's place", "~ # \x1b[6n", "~ # "],
    ["line ends", "one\r\ntwo\r\r\nthree\n", "one\ntwo\nthree\n"],
    ["a line that is written over", "10%\r20%\rdone\r\n", "10%\n20%\ndone\n"],
    ["rubbing out", "passwd\b\b\x1b[K\b\bss", "pass"],
    ["rubbing out no more than a line", "a\n\b\bb", "a\nb"],
    ["the cursor sent elsewhere", "\x1b[2J\x1b[1;1HGNU GRUB\x1b[5;3Hentry", "GNU GRUB\nentry"],
    ["bells and zeros", "a\x07\0\x0eb", "ab"],
    ["letters of other scripts", "Grüße, 世界\r\n", "Grüße, 世界\n"],
  ])("leaves out %s", (_, sent, text) => {
    expect(read(sent)).toBe(text);
  });

  it("shows bytes that are no text as U+FFFD and goes on", () => {
    expect(read(Buffer.of(0xff, 0xfe, 0x80), "login: ")).toBe("\ufffd\ufffd\ufffdlogin: ");
  });

  it("does not wait for the end of a string that has none", () => {
    expect(read(`\x1b]${"x".repeat(5000)}`, "login: ")).toContain("login: ");
  });

  it("is the same however the bytes are cut", () => {
    const unit = fc.constantFrom(
      "a",
      "é",
      "世",
      "\r",
      "\n",
      "\b",
      "\x1b[1m",
      "\x1b[2;3H",
      "\x1b]0;t\x07",
      "\x1b",
      "[",
      "\x07",
      " ",
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 40 }), fc.array(fc.nat(80), { maxLength: 6 }), (units, cuts) => {
        const bytes = Buffer.from(units.join(""));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(read(...pieces)).toBe(read(bytes));
      }),
      { seed: 7 },
    );
  });
});
