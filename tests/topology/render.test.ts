import { describe, expect, test } from "vitest";
import { labError, type SourcePosition } from "../../src/topology/errors/error.ts";
import { renderError } from "../../src/topology/errors/render.ts";

const at = (text: string, column: number, length: number): SourcePosition => ({
  file: "lab.yaml",
  line: 14,
  column,
  length,
  text,
});
const taken = (position?: SourcePosition) =>
  labError(
    "LINK_ENDPOINT_TAKEN",
    { endpoint: "r1:eth1", by: "r1:eth1 — r2:eth1", suggestion: "r1:eth2" },
    { at: position },
  );

test("place, message, line, mark and remedy", () => {
  expect(renderError(taken(at("  - [r1:eth1, r3:eth2]", 6, 7)))).toBe(
    [
      'lab.yaml:14:6  r1:eth1 is already used by link "r1:eth1 — r2:eth1".',
      "  14 |   - [r1:eth1, r3:eth2]",
      "     |      ^^^^^^^",
      "Give one of the two links another interface, for example r1:eth2.",
    ].join("\n"),
  );
});

test("without a place, message and remedy", () => {
  expect(renderError(taken()).split("\n")).toHaveLength(2);
});

test("in colour, the same text", () => {
  const coloured = renderError(taken(at("  - [r1:eth1, r3:eth2]", 6, 7)), { color: true });
  expect(coloured).toContain("\x1b[31m^^^^^^^\x1b[39m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to take the colours out
  expect(coloured.replace(/\x1b\[\d+m/g, "")).toBe(renderError(taken(at("  - [r1:eth1, r3:eth2]", 6, 7))));
});

describe("the mark stays under its place", () => {
  const markOf = (text: string, column: number, length: number) => {
    const [, line = "", mark = ""] = renderError(taken(at(text, column, length))).split("\n");
    return line.slice(mark.indexOf("^"), mark.lastIndexOf("^") + 1);
  };

  test("in a line of thousands of characters", () => {
    expect(markOf(`${"x".repeat(5000)}HERE${"y".repeat(5000)}`, 5001, 4)).toBe("HERE");
    expect(markOf(`HERE${"y".repeat(5000)}`, 1, 4)).toBe("HERE");
    expect(markOf(`${"x".repeat(5000)}HERE`, 5001, 4)).toBe("HERE");
  });

  test("after tabs", () => {
    expect(markOf("\t\tHERE", 3, 4)).toBe("HERE");
  });

  test("after wide characters", () => {
    const [, line = "", mark = ""] = renderError(taken(at("名前: HERE", 5, 4))).split("\n");
    // Two characters of two cells each.
    expect(mark.indexOf("^")).toBe(line.indexOf("HERE") + 2);
  });
});

test("control characters of the file do not reach the terminal", () => {
  const rendered = renderError(taken(at("a\x1b[2J\x07\u202eb", 1, 3)));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(rendered).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u202e]/);
});
