import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { openPipe } from "../../src/kernel/index.ts";
import { drained } from "../../src/lab/drain.ts";

it("what was written in time is read, however long this process had no processor", async () => {
  const { readFd, writeFd } = openPipe();
  const output = new Socket({ fd: readFd, readable: true, writable: false });
  let said = "";
  output.on("data", (data: Buffer) => {
    said += data;
  });
  const closed = new Promise((resolve) => output.once("close", resolve));
  const done = drained(closed, 20);
  writeSync(writeFd, "x".repeat(60_000));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  await done;
  expect(said).toHaveLength(60_000);
  output.destroy();
  await closed;
  // And nobody waits for what is closed.
  await drained(closed, 1_000_000);
});
