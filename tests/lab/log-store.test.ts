import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogLine } from "../../src/api/index.ts";
import { LineSplitter } from "../../src/lab/line-splitter.ts";
import { LogStore } from "../../src/lab/log-store.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "netwright-test-logs-"));
});
afterEach(() => rm(directory, { recursive: true }));

const never = new AbortController().signal;
const everything = () => true;
const texts = async (lines: AsyncIterable<LogLine>) => (await Array.fromAsync(lines)).map((line) => line.text);

describe("LogStore", () => {
  it("gives back whole lines of every source, in order of arrival, and raw bytes per source", async () => {
    const store = new LogStore(directory);
    const web = store.sink({ source: "web", node: "h1" });
    const db = store.sink({ source: "db", node: "h2" });
    web.write("stdout", Buffer.from("one\ntw"));
    db.write("stderr", Buffer.from("broken\n"));
    web.write("stdout", Buffer.from("o\nlast without newline"));
    web.flush();
    await store.close();
    expect(await texts(store.read(everything, { follow: false, signal: never }))).toEqual([
      "one",
      "broken",
      "two",
      "last without newline",
    ]);
    expect(await readFile(join(directory, "web.log"), "utf8")).toBe("one\ntwo\nlast without newline");
    expect(store.sources).toEqual(["web", "db"]);
  });

  it("keeps only the newest lines that pass the filter with `tail`", async () => {
    const store = new LogStore(directory);
    const web = store.sink({ source: "web" });
    const db = store.sink({ source: "db" });
    for (let n = 1; n <= 5; n++) {
      web.write("stdout", Buffer.from(`web ${n}\n`));
      db.write("stdout", Buffer.from(`db ${n}\n`));
    }
    await store.close();
    const read = (tail: number) =>
      texts(store.read((line) => line.source === "web", { follow: false, tail, signal: never }));
    expect(await read(2)).toEqual(["web 4", "web 5"]);
    expect(await read(0)).toEqual([]);
  });

  it("follows until the store closes, missing nothing written meanwhile", async () => {
    const store = new LogStore(directory);
    const sink = store.sink({ source: "web" });
    sink.write("stdout", Buffer.from("before\n"));
    const following = texts(store.read(everything, { follow: true, signal: never }));
    const expected = ["before"];
    for (let n = 0; n < 2000; n++) {
      sink.write("stdout", Buffer.from(`line ${n} äöü\n`));
      expected.push(`line ${n} äöü`);
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await store.close();
    expect(await following).toEqual(expected);
  });

  it("stops following when the reader goes away", async () => {
    const store = new LogStore(directory);
    const reader = new AbortController();
    const following = texts(store.read(everything, { follow: true, signal: reader.signal }));
    setTimeout(() => reader.abort(), 20);
    expect(await following).toEqual([]);
    await store.close();
  });

  it("remembers the last lines for error messages", async () => {
    const store = new LogStore(directory);
    const sink = store.sink({ source: "web" });
    for (let n = 1; n <= 30; n++) sink.write("stderr", Buffer.from(`line ${n}\n`));
    expect(sink.lastLines()).toHaveLength(10);
    expect(sink.lastLines().at(-1)).toBe("line 30");
    await store.close();
  });
});

describe("LineSplitter", () => {
  it("joins characters cut between chunks and drops carriage returns", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const bytes = Buffer.from("grüße\r\nzwei");
    for (const byte of bytes) splitter.push(Buffer.of(byte));
    splitter.end();
    expect(lines).toEqual(["grüße", "zwei"]);
  });

  it("cuts a line that never ends", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    splitter.push(Buffer.alloc(200 * 1024, "x"));
    expect(lines.map((line) => line.length)).toEqual([65536, 65536, 65536]);
  });
});
