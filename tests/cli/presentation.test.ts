import { describe, expect, it } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { failureOf } from "../../src/cli/failure.ts";
import { Output } from "../../src/cli/output.ts";
import { progressOf } from "../../src/cli/progress.ts";
import { coloured, harmless, paintFor, plain } from "../../src/cli/style.ts";
import { age, table, width } from "../../src/cli/table.ts";
import { LabFileError, labError } from "../../src/topology/errors/error.ts";

describe("tables", () => {
  it("align their columns, numbers on the right, without trailing blanks", () => {
    const lines = table(
      ["LAB", "NODES", "FILE"],
      [
        ["a", 7, "x"],
        ["longer", 1000, ""],
      ],
    );
    expect(lines).toEqual(["LAB     NODES  FILE", "a           7  x", "longer   1000"]);
  });

  it("count what a terminal shows, not characters or colours", () => {
    expect(width(coloured("red", "ab"))).toBe(2);
    expect(width("你好")).toBe(4);
    expect(width("é")).toBe(1);
    expect(
      table(
        ["A", "B"],
        [
          [coloured("green", "x"), "y"],
          ["你", "z"],
        ],
      ),
    ).toEqual(["A   B", `${coloured("green", "x")}   y`, "你  z"]);
  });

  it("are a heading where there are no rows", () => {
    expect(table(["A", "B"], [])).toEqual(["A  B"]);
  });
});

describe("ages", () => {
  it.each([
    [0, "0s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [3_600_000, "1h"],
    [90_000_000, "1d"],
    [-5_000, "0s"],
  ])("%i ms is %s", (ms, text) => {
    const since = new Date(1_700_000_000_000);
    expect(age(since.toISOString(), since.getTime() + ms)).toBe(text);
  });
});

describe("colours", () => {
  const terminal = { isTTY: true };
  it("are for terminals, unless somebody says no", () => {
    expect(paintFor(terminal, {}, undefined)).toBe(coloured);
    expect(paintFor({}, {}, undefined)).toBe(plain);
    expect(paintFor(terminal, { NO_COLOR: "1" }, undefined)).toBe(plain);
    expect(paintFor(terminal, { NO_COLOR: "" }, undefined)).toBe(coloured);
    expect(paintFor(terminal, { TERM: "dumb" }, undefined)).toBe(plain);
    expect(paintFor(terminal, {}, false)).toBe(plain);
    expect(paintFor({}, { FORCE_COLOR: "1" }, undefined)).toBe(coloured);
    expect(paintFor({}, { FORCE_COLOR: "1", NO_COLOR: "1" }, undefined)).toBe(plain);
  });

  it("of foreign text stay, what could do harm is made visible", () => {
    expect(harmless("\x1b[31mred\x1b[0m\ttab")).toBe("\x1b[31mred\x1b[0m\ttab");
    expect(harmless("\x07bell\rover\x7f")).toBe("^Gbell^Mover^?");
    expect(harmless("\x1b]0;title\x07 \x1b[2J\x1b[10;10H \x1bc")).toBe("^[]0;title^G ^[[2J^[[10;10H ^[c");
  });
});

describe("failures", () => {
  const at = { file: "lab.yaml", line: 14, column: 5, length: 7, text: "  - [r1:eth1, r3:eth2]" };
  const options = { paint: plain, verbose: false };
  const missing = labError("PROGRAM_MISSING", { program: "x", needed: "y", mend: "Install it." });

  it("show the place, the line with the place underlined, and the remedy", () => {
    const taken = labError("LAB_FILE_UNREADABLE", { file: "lab.yaml", reason: "it is odd" }, { at });
    expect(failureOf(new LabFileError([taken]), options)).toEqual({
      exitCode: 2,
      reports: [taken.toReport()],
      lines: [
        "lab.yaml:14:5  Cannot read lab.yaml: it is odd.",
        "   14 |   - [r1:eth1, r3:eth2]",
        "      |     ^^^^^^^",
        "Name the lab file with --file, or go to the folder that has lab.yaml.",
      ],
    });
  });

  it("show a path of keys where there are no lines", () => {
    const error = labError("LAB_FILE_EMPTY", { file: "lab.ts" }, { at: { ...at, line: 0, path: "nodes.h1" } });
    expect(failureOf(error, options).lines[0]).toBe("lab.yaml: nodes.h1  lab.ts has nothing in it.");
  });

  it("come all at once, with the exit code of the first", () => {
    const failure = failureOf(new AggregateError([missing, labError("UP_ABORTED", { lab: "l" })]), options);
    expect(failure.exitCode).toBe(3);
    expect(failure.reports.map(({ code }) => code)).toEqual(["PROGRAM_MISSING", "UP_ABORTED"]);
  });

  it("that nobody foresaw are short, and tell where only when asked", () => {
    const bug = new TypeError("x is not a function");
    expect(failureOf(bug, options).lines.join("\n")).not.toContain("    at ");
    expect(failureOf(bug, { ...options, verbose: true }).lines.join("\n")).toContain("    at ");
    expect(failureOf(bug, options)).toMatchObject({ exitCode: 1, reports: [{ code: "INTERNAL" }] });
  });

  it("show their cause when asked", () => {
    const error = labError("UP_ABORTED", { lab: "l" }, { cause: new Error("the reason") });
    expect(failureOf(error, options).lines.join()).not.toContain("the reason");
    expect(failureOf(error, { ...options, verbose: true }).lines.join()).toContain("the reason");
  });
});

/** A context whose standard error is remembered. */
function screen(isTTY: boolean): { context: Context; shown: () => string } {
  let shown = "";
  const stream = {
    isTTY,
    columns: 40,
    write: (text: string) => {
      shown += text;
      return true;
    },
  } as unknown as NodeJS.WriteStream;
  const context = { environment: {}, stdout: stream, stderr: stream } as unknown as Context;
  return { context, shown: () => shown };
}

describe("progress", () => {
  const phase = (name: string, done: number, total: number) => ({ type: "phase", phase: name, done, total }) as const;

  it("is a line for each phase where there is no terminal", () => {
    const { context, shown } = screen(false);
    const progress = progressOf(context, new Output(context, {}));
    progress.phase(phase("Create 2 nodes", 0, 2));
    progress.phase(phase("Create 2 nodes", 2, 2));
    progress.phase(phase("Create 2 nodes", 2, 2));
    progress.phase(phase("Connect 1 link", 0, 1));
    progress.phase(phase("Start 1 process", 0, 1));
    progress.fail();
    expect(shown()).toBe("Create 2 nodes... done\nConnect 1 link... done\nStart 1 process... failed\n");
  });

  it("has a count on a terminal, never wraps, and ends in a mark", () => {
    const { context, shown } = screen(true);
    const progress = progressOf(context, new Output(context, { color: false }));
    progress.phase(phase("Create 1000 nodes with a long title that wraps", 0, 1000));
    progress.phase(phase("Create 1000 nodes", 1, 1000));
    progress.finish();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequence that clears a line
    const lines = shown().split(/\r\x1b\[2K|\n/);
    for (const line of lines) if (!/^[✔✖]/.test(line)) expect(width(line)).toBeLessThan(40);
    expect(shown()).toContain("Create 1000 nodes 1/1000 0.0 s");
    expect(lines.at(-2)).toMatch(/^✔ Create 1000 nodes \d+\.\d s$/);
  });

  it("is silent when asked to be, and for programs", () => {
    for (const options of [{ quiet: true }, { json: true }]) {
      const { context, shown } = screen(true);
      const progress = progressOf(context, new Output(context, options));
      progress.phase(phase("Create 2 nodes", 0, 2));
      progress.fail();
      expect(shown()).toBe("");
    }
  });
});
