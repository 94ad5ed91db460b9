import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyCheckout } from "../../scripts/suite/copy.ts";
import { unexpectedSkips } from "../../scripts/suite/expected-skips.ts";
import type { Tally, TestResult } from "../../scripts/suite/tally.ts";
import { takeTurn } from "../../scripts/suite/turn.ts";
import { runVitest } from "../../scripts/suite/vitest.ts";

/** The runner of the suite counts what happened: what did not run is no pass. */
const root = join(import.meta.dirname, "../..");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "netwright-suite-"));
  for (const name of ["node_modules", "scripts"]) symlinkSync(join(root, name), join(folder, name));
  const projects = ["fine", "mixed", "broken", "crash", "endless", "none"].map((name) => ({
    test: { name, include: [`${name}.test.ts`], pool: "forks" },
  }));
  writeFileSync(join(folder, "vitest.config.mjs"), `export default ${JSON.stringify({ test: { projects } })};\n`);
  const test = (name: string, text: string) =>
    writeFileSync(join(folder, `${name}.test.ts`), `import { expect, it } from "vitest";\n${text}\n`);
  test("fine", `it("passes", () => expect(1).toBe(1));`);
  test(
    "mixed",
    `it("passes", () => {}); it("fails", () => expect(1).toBe(2)); let tries = 0; it("passes at last", { retry: 1 }, () => expect(tries++).toBe(1)); it("is skipped", ({ skip }) => skip("no moon")); it.skip("is left out", () => {});`,
  );
  test("broken", `it("passes", () => {}); throw new Error("does not load");`);
  test(
    "crash",
    `it("passes", () => { setTimeout(() => { throw new Error("later"); }, 0); return new Promise((resolve) => setTimeout(resolve, 50)); });`,
  );
  test("endless", `it("hangs", () => new Promise(() => {}), 600_000);`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const tallyOf = (project: string, withinMs = 60_000): Promise<Tally> =>
  runVitest(
    {
      projects: [project],
      checkout: folder,
      node: process.execPath,
      tally: join(folder, `${project}.json`),
      environment: { PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1" },
      withinMs,
      extra: [],
      // Failures that are meant would look like the suite's own.
      output: "ignore",
    },
    new AbortController().signal,
  );
const states = ({ results }: Tally) => results.map(({ name, state }) => `${name}: ${state}`);

describe("a run of vitest", () => {
  it("counts passed tests", async () => {
    const tally = await tallyOf("fine");
    expect(states(tally)).toEqual(["passes: passed"]);
    expect(tally.troubles).toEqual([]);
  });

  it("tells passed, failed and skipped apart, with why", async () => {
    const tally = await tallyOf("mixed");
    expect(states(tally)).toEqual([
      "passes: passed",
      "fails: failed",
      "passes at last: passed",
      "is skipped: skipped",
      "is left out: skipped",
    ]);
    expect(tally.results.map(({ note }) => note)).toEqual([undefined, undefined, undefined, "no moon", undefined]);
    expect(tally.results[1]?.errors[0]).toContain("expected 1 to be 2");
    expect(tally.results.map(({ retries }) => retries)).toEqual([0, 0, 1, 0, 0]);
    expect(tally.results[2]?.errors[0]).toContain("expected +0 to be 1");
    expect(tally.troubles).toEqual([]);
  });

  it("does not pass over a file that does not load", async () => {
    expect((await tallyOf("broken")).troubles.join()).toContain("does not load");
  });

  it("does not pass over an error outside of tests", async () => {
    expect((await tallyOf("crash")).troubles.join()).toContain("later");
  });

  it("does not pass over a run that does not end, or runs nothing", async () => {
    expect((await tallyOf("endless", 3_000)).troubles).toEqual([expect.stringMatching(/^vitest \(endless\) /)]);
    expect((await tallyOf("none")).troubles).not.toEqual([]);
  });
});

describe("suites of root", () => {
  const hold = (file: string, forMs: number) => {
    const turn = new URL("../../scripts/suite/turn.ts", import.meta.url).href;
    const program = `import { takeTurn } from ${JSON.stringify(turn)};
      const end = await takeTurn(process.argv[1], 60_000);
      console.log("taken");
      setTimeout(end, ${forMs});`;
    return spawn(process.execPath, ["--input-type=module-typescript", "-e", program, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  };

  it("take turns", async () => {
    const file = join(folder, "turn");
    const order: string[] = [];
    const one = await takeTurn(file, 0);
    const other = takeTurn(file, 60_000, () => order.push("waits")).then((end) => {
      order.push("has it");
      return end;
    });
    await expect.poll(() => order).toEqual(["waits"]);
    await expect(takeTurn(file, 50)).rejects.toThrow("Another suite is still at work after 0.05 s");
    order.push("ends");
    await one();
    await (await other)();
    expect(order).toEqual(["waits", "ends", "has it"]);
  });

  it("give their turn back when they are killed, to one of those that wait", async () => {
    const file = join(folder, "killed");
    const holder = hold(file, 600_000);
    await once(holder.stdout, "data");
    let most = 0;
    let now = 0;
    const waiting = Array.from({ length: 3 }, async () => {
      const end = await takeTurn(file, 60_000);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now--;
      await end();
    });
    await expect(takeTurn(file, 100)).rejects.toThrow();
    holder.kill("SIGKILL");
    await Promise.all(waiting);
    expect(most).toBe(1);
  });
});

describe("the copy of a checkout", () => {
  it("has what git has or would, and new folders can be made in every folder of it", async () => {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    mkdirSync(join(from, "deep/er"), { recursive: true });
    mkdirSync(join(from, "dist"));
    for (const file of ["deep/er/file", "dist/built", "left-out", ".gitignore"]) writeFileSync(join(from, file), file);
    writeFileSync(join(from, ".gitignore"), "dist\nleft-out\n");
    execFileSync("git", ["init", "-q"], { cwd: from });
    const uid = process.getuid?.() ?? 0;
    const gid = process.getgid?.() ?? 0;
    // Somebody else, where this is root, who has to be able to work in it.
    const owner = uid === 0 ? { uid: 65_534, gid: 65_534 } : { uid, gid };
    chmodSync(folder, 0o755);
    await copyCheckout(from, to, owner);
    expect(readdirSync(to, { recursive: true }).toSorted()).toEqual([
      ".gitignore",
      "deep",
      "deep/er",
      "deep/er/file",
      "dist",
      "dist/built",
    ]);
    for (const path of [".", "deep", "deep/er", "deep/er/file", "dist"])
      expect(statSync(join(to, path)), path).toMatchObject(owner);
  });
});

describe("a skipped test", () => {
  const skipped = (note?: string): TestResult => ({
    file: "a.test.ts",
    name: "a",
    project: "lab",
    state: "skipped",
    durationMs: 0,
    retries: 0,
    errors: [],
    ...(note === undefined ? {} : { note }),
  });

  it("is a failure without a reason", () => {
    expect(unexpectedSkips([skipped()], false)).toEqual(["a.test.ts > a: skipped without a reason"]);
  });

  it("is a failure where CI is set and nobody expects it", () => {
    expect(unexpectedSkips([skipped("no moon")], false)).toEqual([]);
    expect(unexpectedSkips([skipped("no moon")], true)).toEqual(["a.test.ts > a: no moon"]);
  });
});
