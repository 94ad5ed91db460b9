import { describe, expect, test } from "vitest";
import { plan } from "../../src/topology/plan/index.ts";
import { addressesOf, appliance, codesOf, errorsOf, load } from "./lab-text.ts";

const files = {
  "/labs/demo/dut.qcow2": "image",
  "/labs/demo/vmlinuz": "kernel",
  "/labs/demo/initrd.img": "initrd",
  "/labs/demo/user-data.yaml": "#cloud-config\nusers: []\n",
};

describe("an appliance", () => {
  test("has what QEMU needs decided from nothing but an image", () => {
    const lab = load("nodes: {dut: {kind: appliance, image: dut.qcow2}, h1: {}}\nlinks: [[dut, h1]]", { files });
    expect(appliance(lab, "dut")).toEqual({
      kind: "appliance",
      engine: "vm",
      name: "dut",
      hostname: "dut",
      interfaces: [{ name: "eth0", mac: expect.stringMatching(/^02:/), addresses: [], mtu: 1500 }],
      routes: [],
      vm: {
        cpus: 1,
        memoryMiB: 512,
        machine: "pc",
        firmware: "bios",
        acceleration: "auto",
        nic: "virtio-net-pci",
        disks: [{ image: "/labs/demo/dut.qcow2", bus: "virtio" }],
        guestAgent: false,
        startPaused: false,
        dump: false,
        arguments: [],
      },
    });
  });

  test("takes every setting, with defaults for all of its kind", () => {
    const lab = load(
      `
defaults: {appliance: {memory: 1.5GiB, nic: e1000, arguments: [-vga, std], acceleration: tcg}, node: {root: host}}
nodes:
  dut:
    kind: appliance
    engine: vm
    image: {path: dut.qcow2, format: qcow2, size: 4GiB, bus: ide}
    disks: [{size: 1GiB}, {image: dut.qcow2, bus: scsi}]
    kernel: {image: vmlinuz, initrd: initrd.img, append: "console=ttyS0 quiet"}
    cpus: 2
    firmware: uefi
    cpu-model: qemu64
    guest-agent: true
    start: paused
    dump: true
    arguments: [-s]
    cloud-init: {user-data: {from: user-data.yaml}}
    interfaces: {eth0: {addresses: 10.0.0.1/24, gateway: 10.0.0.2}, eth1: }
`,
      { files },
    );
    const dut = appliance(lab, "dut");
    expect(dut.vm).toEqual({
      cpus: 2,
      memoryMiB: 1536,
      machine: "q35",
      firmware: "uefi",
      acceleration: "tcg",
      cpuModel: "qemu64",
      nic: "e1000",
      kernel: { image: "/labs/demo/vmlinuz", initrd: "/labs/demo/initrd.img", append: "console=ttyS0 quiet" },
      disks: [
        { image: "/labs/demo/dut.qcow2", format: "qcow2", sizeBytes: 4 * 2 ** 30, bus: "ide" },
        { sizeBytes: 2 ** 30, bus: "virtio" },
        { image: "/labs/demo/dut.qcow2", bus: "scsi" },
      ],
      seed: { userData: "#cloud-config\nusers: []\n" },
      guestAgent: true,
      startPaused: true,
      dump: true,
      arguments: ["-vga", "std", "-s"],
    });
    expect(dut.routes).toEqual([{ to: "0.0.0.0/0", via: "10.0.0.2", interface: "eth0" }]);
  });

  test("is a member of subnets like any machine, and others know its name", () => {
    const lab = load(
      "nodes: {dut: {kind: appliance, image: dut.qcow2}, h1: {}}\nlinks: [{endpoints: [dut, h1], subnet: 10.0.0.0/24}]",
      { files },
    );
    expect(addressesOf(lab)).toEqual(["dut:eth0 10.0.0.1/24", "h1:eth0 10.0.0.2/24"]);
  });

  test.each([
    ["nothing to start from", "{kind: appliance}", "APPLIANCE_BOOTS_NOTHING"],
    ["an image that is not there", "{kind: appliance, image: dut.qcow}", "FILE_MISSING"],
    ["a kernel that is not there", "{kind: appliance, kernel: nowhere}", "FILE_MISSING"],
    ["memory without a unit", "{kind: appliance, image: dut.qcow2, memory: 512}", "WRONG_VALUE"],
    ["memory that is too little", "{kind: appliance, image: dut.qcow2, memory: 1MiB}", "APPLIANCE_SETTING"],
    ["a disk without a size", "{kind: appliance, image: dut.qcow2, disks: [{bus: ide}]}", "MISSING_KEY"],
    ["half a sector", "{kind: appliance, image: dut.qcow2, disks: [{size: 0.25KiB}]}", "APPLIANCE_SETTING"],
    ["another engine", "{kind: appliance, engine: qemu, image: dut.qcow2}", "WRONG_VALUE"],
    ["a bus that is none", "{kind: appliance, image: {path: dut.qcow2, bus: sata}}", "BAD_CHOICE"],
    ["what only hosts have", "{kind: appliance, image: dut.qcow2, startup: [[true]]}", "UNKNOWN_KEY"],
    [
      "a gateway that nothing sets",
      "{kind: appliance, image: dut.qcow2, interfaces: {eth0: {addresses: 10.0.0.1/24, gateway: 10.0.0.2}}}",
      "APPLIANCE_NEEDS_SEED",
    ],
    [
      "routes that nothing sets",
      "{kind: appliance, image: dut.qcow2, interfaces: {eth0: 10.0.0.1/24}, routes: [{to: default, via: 10.0.0.2}]}",
      "APPLIANCE_NEEDS_SEED",
    ],
    [
      "addresses of the guest's own loopback",
      "{kind: appliance, image: dut.qcow2, interfaces: {lo: 192.0.2.1/32}}",
      "INTERFACE_NAME_INVALID",
    ],
  ])("cannot have %s", (_, node, code) => {
    expect(codesOf(`nodes: {dut: ${node}}`, { files })).toEqual([code]);
  });

  test("tells where a mistake is and whose key one is", () => {
    const [wrong] = errorsOf("nodes:\n  dut:\n    kind: appliance\n    image: {path: dut.qcow2, size: ten}\n", {
      files,
    });
    expect(wrong?.at).toMatchObject({ line: 4 });
    for (const [settings, code] of [
      ["disks: [{size: 1GiB}]", "UNKNOWN_KEY"],
      ["image: dut.qcow2", "IMAGE_REFERENCE_INVALID"],
    ]) {
      const [owner] = errorsOf(`nodes: {h1: {${settings}}}`, { files });
      expect(owner).toMatchObject({ code });
      expect(`${owner?.message} ${owner?.remedy}`).toContain("kind: appliance");
    }
  });

  test("runs no processes of the lab file", () => {
    expect(
      codesOf("nodes: {dut: {kind: appliance, image: dut.qcow2}}\nprocesses: {p: {node: dut, command: [sleep, 1]}}", {
        files,
      }),
    ).toEqual(["PROCESS_ON_APPLIANCE"]);
  });
});

describe("a change of an appliance", () => {
  const lab = (node: string, links = "") =>
    load(`nodes: {dut: {kind: appliance, image: dut.qcow2, ${node}}, h1: {}}\n${links}`, { files });
  const steps = (before: string, after: string) => plan(lab(after), lab(before)).map((step) => step.do);

  test("starts it after its links are there", () => {
    const all = plan(lab("", "links: [[dut, h1]]"), undefined).map((step) => step.do);
    expect(all.indexOf("node.start")).toBeGreaterThan(all.indexOf("link.connect"));
    expect(all.filter((one) => one === "node.start")).toHaveLength(1);
  });

  test("plugs network cards in and out while it runs, and restarts it for what it reads at its start", () => {
    expect(steps("interfaces: {eth0: }", "interfaces: {eth0: , eth1: }")).toEqual(["interface.create"]);
    expect(steps("interfaces: {eth0: , eth1: }", "interfaces: {eth0: }")).toEqual(["interface.remove"]);
    expect(steps("memory: 512MiB", "memory: 1GiB")).toEqual(["node.stop", "node.configure", "node.start"]);
    expect(steps("interfaces: {eth0: {mtu: 1500}}", "interfaces: {eth0: {mtu: 9000}}")).toEqual([
      "node.stop",
      "interface.configure",
      "node.start",
    ]);
  });

  test("restarts it for addresses only where cloud-init tells them", () => {
    const [one, two] = ["interfaces: {eth0: 10.0.0.1/24}", "interfaces: {eth0: 10.0.0.2/24}"];
    expect(steps(one, two)).toEqual(["interface.configure", "names.set"]);
    expect(steps(`cloud-init: true, ${one}`, `cloud-init: true, ${two}`)).toContain("node.start");
  });
});
