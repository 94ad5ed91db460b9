import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type CaptureFile, readCapture } from "./pcapng-reader.ts";

/** Reads a capture as we do and as tcpdump and tshark do, where they are, and finds them of one opinion. */
export function openCapture(bytes: Buffer): CaptureFile {
  const file = readCapture(bytes);
  const tcpdump = spawnSync("tcpdump", ["-nr", "-"], { input: bytes, encoding: "utf8", maxBuffer: 1 << 28 });
  if (tcpdump.error === undefined) {
    expect(tcpdump.stderr.split("\n").filter((line) => !/^reading from file .* EN10MB|^$/.test(line))).toEqual([]);
    expect(tcpdump.stdout.split("\n").filter((line) => /^\d\d:\d\d:\d\d\./.test(line))).toHaveLength(
      file.frames.length,
    );
  }
  const fields = ["-T", "fields", "-e", "frame.interface_name", "-e", "frame.time_epoch", "-e", "frame.len"];
  // It wants a file that it can go back in.
  const folder = mkdtempSync(join(tmpdir(), "netwright-test-"));
  writeFileSync(join(folder, "capture"), bytes);
  const parameters = ["-nr", join(folder, "capture"), ...fields];
  const tshark = spawnSync("tshark", parameters, { encoding: "utf8", maxBuffer: 1 << 28 });
  rmSync(folder, { recursive: true });
  if (tshark.error === undefined) {
    expect(tshark.status).toBe(0);
    const lines = tshark.stdout.split("\n").filter((line) => line !== "");
    expect(lines).toEqual(
      file.frames.map(({ interface: name, timeNs, wholeLength }) => {
        const digits = timeNs.toString();
        return [name, `${digits.slice(0, -9)}.${digits.slice(-9)}`, wholeLength].join("\t");
      }),
    );
  }
  return file;
}
