import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { networkConfig, seedVolume } from "../../src/engines/vm/seed/cloud-init.ts";
import { isoVolume } from "../../src/engines/vm/seed/iso9660.ts";

/** Reads a volume as ECMA-119 says, from nothing but its own pointers. */
function readVolume(volume: Buffer, descriptor: number) {
  const at = descriptor * 2048;
  const isJoliet = volume[at] === 2;
  const name = (bytes: Buffer) =>
    isJoliet ? Buffer.from(bytes).swap16().toString("utf16le") : bytes.toString("latin1");
  const label = name(volume.subarray(at + 40, at + 72)).trim();
  const root = volume.readUInt32LE(at + 158) * 2048;
  const files: Record<string, string> = {};
  for (let offset = root; volume[offset] !== 0; offset += volume[offset] ?? 0) {
    const length = volume[offset + 32] ?? 0;
    const identifier = volume.subarray(offset + 33, offset + 33 + length);
    if (length === 1 && (identifier[0] ?? 0) < 2) continue;
    const start = volume.readUInt32LE(offset + 2) * 2048;
    expect(volume.readUInt32BE(offset + 6) * 2048).toBe(start);
    files[name(identifier)] = volume.toString("utf8", start, start + volume.readUInt32LE(offset + 10));
  }
  return { label, files };
}

describe("a volume", () => {
  it("holds files under their names, in both of its trees, the same each time", () => {
    const files = [
      { name: "user-data", content: Buffer.from("#cloud-config\n") },
      { name: "big", content: Buffer.alloc(5000, "x") },
      { name: "empty", content: Buffer.alloc(0) },
    ];
    const volume = isoVolume("cidata", files);
    expect(readVolume(volume, 16)).toEqual({
      label: "cidata",
      files: { "USER-DATA;1": "#cloud-config\n", "BIG;1": "x".repeat(5000), "EMPTY;1": "" },
    });
    expect(readVolume(volume, 17)).toEqual({
      label: "cidata",
      files: { "user-data": "#cloud-config\n", big: "x".repeat(5000), empty: "" },
    });
    expect(volume[18 * 2048]).toBe(255);
    expect(volume.readUInt32LE(16 * 2048 + 80) * 2048).toBe(volume.length);
    expect(isoVolume("cidata", files).equals(volume)).toBe(true);
  });
});

const nic = (name: string, ...addresses: readonly string[]) => ({
  name,
  addresses,
  mac: `02:00:00:00:00:0${addresses.length}`,
  mtu: 1500,
});

describe("a cloud-init seed", () => {
  it("says who the guest is and what it was given", () => {
    const volume = seedVolume({
      instanceId: "lab-dut",
      hostname: "dut",
      userData: "#cloud-config\npassword: secret",
      interfaces: [nic("eth0", "10.0.0.1/24")],
      routes: [],
    });
    const { files } = readVolume(volume, 17);
    expect(parse(files["meta-data"] ?? "")).toEqual({ "instance-id": "lab-dut", "local-hostname": "dut" });
    expect(files["user-data"]).toBe("#cloud-config\npassword: secret\n");
    expect(parse(files["network-config"] ?? "")).toMatchObject({ version: 2 });
  });

  it("gives each interface its addresses, and each route to the interface of its gateway", () => {
    const interfaces = [
      nic("eth0", "10.0.0.1/24", "2001:db8::1/64"),
      nic("eth1", "10.0.1.1/24"),
      nic("lo", "192.0.2.1/32"),
    ];
    const routes = [
      { to: "0.0.0.0/0", via: "10.0.1.254" },
      { to: "::/0", via: "2001:db8::fe", metric: 5 },
      { to: "10.9.0.0/16", interface: "eth1" },
    ];
    expect(networkConfig(interfaces, routes)).toEqual({
      version: 2,
      ethernets: {
        eth0: {
          match: { macaddress: "02:00:00:00:00:02" },
          "set-name": "eth0",
          mtu: 1500,
          addresses: ["10.0.0.1/24", "2001:db8::1/64"],
          routes: [{ to: "::/0", via: "2001:db8::fe", metric: 5 }],
        },
        eth1: {
          match: { macaddress: "02:00:00:00:00:01" },
          "set-name": "eth1",
          mtu: 1500,
          addresses: ["10.0.1.1/24"],
          routes: [{ to: "0.0.0.0/0", via: "10.0.1.254" }, { to: "10.9.0.0/16" }],
        },
      },
    });
  });
});
