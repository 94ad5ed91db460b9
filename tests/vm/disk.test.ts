import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readImage } from "../../src/engines/vm/disk/image.ts";
import { emptyQcow2 } from "../../src/engines/vm/disk/overlay.ts";
import { findUefi } from "../../src/engines/vm/firmware.ts";
import { VmStorage } from "../../src/engines/vm/storage.ts";

const folder = mkdtempSync(join(tmpdir(), "netwright-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe("images", () => {
  it("are known by their first bytes", () => {
    const qcow2 = file("a.img", emptyQcow2(10 * 2 ** 30));
    expect(readImage("dut", qcow2)).toEqual({ format: "qcow2", virtualBytes: 10 * 2 ** 30 });
    expect(readImage("dut", file("b.img", Buffer.alloc(5 * 512)))).toEqual({ format: "raw", virtualBytes: 5 * 512 });
    expect(readImage("dut", qcow2, "raw").format).toBe("raw");
  });

  it("that are none are told from those that are", () => {
    const invalid = (name: string, content: Uint8Array, format?: "qcow2") => () =>
      readImage("dut", file(name, content), format);
    expect(() => readImage("dut", join(folder, "missing"))).toThrow(
      expect.objectContaining({ code: "VM_FILE_UNREADABLE", message: expect.stringContaining("ENOENT") }),
    );
    expect(() => readImage("dut", folder)).toThrow(expect.objectContaining({ code: "VM_FILE_UNREADABLE" }));
    expect(invalid("empty", Buffer.alloc(0))).toThrow(/it is empty/);
    expect(invalid("text", Buffer.from("hello"), "qcow2")).toThrow(/does not begin as a qcow2/);
    expect(invalid("gz", Buffer.of(0x1f, 0x8b, 8, 0))).toThrow(/it is gzip/);
    expect(invalid("vmdk", Buffer.from("KDMVxxxxxxxx"))).toThrow(/it is VMDK/);
    const cut = file("cut", emptyQcow2(2 ** 30));
    truncateSync(cut, 1000);
    expect(() => readImage("dut", cut)).toThrow(
      expect.objectContaining({ code: "VM_IMAGE_INVALID", message: expect.stringContaining("cut off") }),
    );
    const future = emptyQcow2(512);
    future.writeUInt32BE(9, 4);
    expect(invalid("future", future)).toThrow(/version 9/);
  });

  it.each([0, 1, 512, 2 ** 20 + 1, 2 ** 40, 2 ** 46])("can be made empty for a disk of %d bytes", (bytes) => {
    const image = emptyQcow2(bytes);
    expect(readImage("dut", file("made", image)).virtualBytes).toBe(Math.ceil(bytes / 512) * 512);
    expect(image.length % 65_536).toBe(0);
  });
});

describe("a machine's own disks", () => {
  it("have no names, and are gone when they are closed", () => {
    const image = file("image", Buffer.alloc(1024, 7));
    const storage = new VmStorage({ node: "dut", disks: [{ image: { path: image } }], folder });
    const fd = storage.disks[0]?.overlay ?? -1;
    expect(readFileSync(`/proc/self/fd/${fd}`).readUInt32BE(0)).toBe(0x514649fb);
    expect(() => readFileSync(fd)).not.toThrow();
    storage.close();
    expect(() => readFileSync(`/proc/self/fd/${fd}`)).toThrow();
    expect(readFileSync(image)).toEqual(Buffer.alloc(1024, 7));
  });

  it("are closed again when one of them cannot be made", () => {
    const fds = () => readFileSync("/proc/self/status", "utf8").match(/FDSize:\s+(\d+)/)?.[1];
    const before = fds();
    for (let n = 0; n < 300; n++)
      expect(
        () => new VmStorage({ node: "dut", disks: [{ bytes: 512 }, { image: { path: "/missing" } }], folder }),
      ).toThrow(/missing/);
    expect(fds()).toBe(before);
  });
});

describe("UEFI firmware", () => {
  it("is program and variables of one size, or a clear error", () => {
    expect(findUefi("dut", (path) => /OVMF_(CODE|VARS)(_4M)?\.fd/.test(path)).variables).toContain("VARS_4M");
    expect(findUefi("dut", (path) => /OVMF_(CODE|VARS)\.fd|CODE_4M/.test(path)).code).toMatch(/OVMF_CODE\.fd$/);
    expect(() => findUefi("dut", () => false)).toThrow(expect.objectContaining({ code: "VM_FIRMWARE_MISSING" }));
  });
});
