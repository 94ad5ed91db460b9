import { describe, expect, it } from "vitest";
import { commandLine, nicDevice, nicId } from "../../src/engines/vm/command-line.ts";
import type { VmDescription, VmDescriptors } from "../../src/engines/vm/description.ts";

const plain: VmDescription = {
  name: "dut",
  program: "qemu-system-x86_64",
  machine: "pc",
  accelerator: "tcg",
  cpus: 2,
  memoryMiB: 512,
  firmware: { type: "bios" },
  disks: [],
  nics: [],
  guestAgent: false,
  spareSlots: 0,
  extraArguments: [],
};
const fds: VmDescriptors = { qmp: 3, console: 4, taps: [5, 6], overlays: [7, 8], memory: 9, variables: 10, seed: 11 };

/** The values of an option, in order; JSON is read. */
const values = (vm: Partial<VmDescription>, option: string): readonly unknown[] => {
  const argv = commandLine({ ...plain, ...vm }, fds);
  return argv.flatMap((value, index) =>
    argv[index - 1] === option ? [value.startsWith("{") ? JSON.parse(value) : value] : [],
  );
};

const node = (vm: Partial<VmDescription>, name: string) =>
  values(vm, "-blockdev").find((one) => (one as Record<string, unknown>)["node-name"] === name);

describe("QEMU's command line", () => {
  it("makes a stopped machine without defaults, controlled and read over inherited files", () => {
    const argv = commandLine(plain, fds);
    expect(argv).toEqual(expect.arrayContaining(["-nodefaults", "-no-user-config", "-S"]));
    expect(values({}, "-name")).toEqual(["guest=dut,debug-threads=on"]);
    expect(values({}, "-m")).toEqual(["512M"]);
    expect(values({}, "-smp")).toEqual(["2"]);
    expect(values({}, "-machine")).toEqual(["pc"]);
    expect(values({}, "-chardev")).toEqual(["socket,id=qmp,fd=3", "socket,id=console,fd=4"]);
    expect(values({}, "-mon")).toEqual(["chardev=qmp,mode=control"]);
    expect(values({}, "-serial")).toEqual(["chardev:console"]);
    expect(values({}, "-sandbox")[0]).toContain("spawn=deny");
  });

  it("runs by KVM or by emulation, each with the best processor unless another is named", () => {
    expect([values({}, "-accel"), values({}, "-cpu")]).toEqual([["tcg,thread=multi"], ["max"]]);
    const kvm = { accelerator: "kvm" } as const;
    expect([values(kvm, "-accel"), values(kvm, "-cpu")]).toEqual([["kvm"], ["host"]]);
    expect(values({ cpuModel: "qemu64" }, "-cpu")).toEqual(["qemu64"]);
  });

  it("opens images read only, below an overlay of the machine's own, whatever is in their paths", () => {
    const vm = {
      disks: [{ image: { path: '/a,b "c"/dut.qcow2', format: "qcow2" }, bus: "virtio" }, { bus: "ide" }],
    } as const;
    expect(node(vm, "disk0-image-file")).toMatchObject({ filename: '/a,b "c"/dut.qcow2', "read-only": true });
    expect(node(vm, "disk0-image")).toMatchObject({ driver: "qcow2", "read-only": true });
    expect(node(vm, "disk0-file")).toMatchObject({ filename: "/dev/fdset/7" });
    expect(node(vm, "disk0")).toMatchObject({ driver: "qcow2", backing: "disk0-image" });
    expect(node(vm, "disk1")).toMatchObject({ backing: null, file: "disk1-file" });
    expect(values(vm, "-add-fd")).toEqual(["fd=7,set=7", "fd=8,set=8", "fd=9,set=9"]);
    expect(values(vm, "-device")).toEqual(
      expect.arrayContaining([
        { driver: "virtio-blk-pci", id: "disk0-device", drive: "disk0", bootindex: 1 },
        { driver: "ide-hd", id: "disk1-device", drive: "disk1", bootindex: 2 },
      ]),
    );
  });

  it("has one SCSI controller for all SCSI disks, before them", () => {
    const devices = values({ disks: [{ bus: "scsi" }, { bus: "scsi" }] }, "-device").map((one) =>
      typeof one === "string" ? one : (one as { driver: string }).driver,
    );
    expect(devices.filter((driver) => driver === "virtio-scsi-pci")).toHaveLength(1);
    expect(devices.indexOf("virtio-scsi-pci")).toBeLessThan(devices.indexOf("scsi-hd"));
  });

  it("starts a kernel, with all of its parameters as one argument", () => {
    const vm = { kernel: { image: "/boot/vm linuz", initrd: "/boot/initrd", append: "console=ttyS0 a=b,c" } };
    expect([values(vm, "-kernel"), values(vm, "-initrd"), values(vm, "-append")]).toEqual([
      ["/boot/vm linuz"],
      ["/boot/initrd"],
      ["console=ttyS0 a=b,c"],
    ]);
  });

  it("starts by UEFI with variables of the machine's own", () => {
    const vm = { machine: "q35", firmware: { type: "uefi", code: "/usr/share/OVMF/OVMF_CODE_4M.fd" } } as const;
    expect(node(vm, "uefi-code")).toMatchObject({ "read-only": true });
    expect(node(vm, "uefi-variables")).toEqual({
      driver: "file",
      "node-name": "uefi-variables",
      filename: "/dev/fdset/10",
    });
    expect(values(vm, "-machine").at(-1)).toBe("q35,pflash0=uefi-code,pflash1=uefi-variables");
  });

  it("plugs each NIC into its tap, and dumps what is asked for", () => {
    const eth0 = { name: "eth0", model: "virtio-net-pci", mac: "02:00:00:00:00:01", mtu: 9000, dump: "/x,y/eth0.pcap" };
    const eth1 = { name: "eth1", model: "e1000", mac: "02:00:00:00:00:02", mtu: 9000 };
    const vm = { nics: [eth0, eth1] };
    expect(values(vm, "-netdev")).toEqual(["tap,id=net-nic-eth0,fd=5", "tap,id=net-nic-eth1,fd=6"]);
    expect(values(vm, "-object")).toEqual([
      { "qom-type": "filter-dump", id: "dump-nic-eth0", netdev: "net-nic-eth0", file: "/x,y/eth0.pcap" },
    ]);
    expect(nicDevice(eth0)).toEqual({
      driver: "virtio-net-pci",
      id: "nic-eth0",
      netdev: "net-nic-eth0",
      mac: "02:00:00:00:00:01",
      host_mtu: 9000,
      romfile: "",
    });
    expect(nicDevice(eth1)).not.toHaveProperty("host_mtu");
    expect(nicDevice({ ...eth0, mtu: 1500 })).not.toHaveProperty("host_mtu");
    expect(nicId("ge-0/0/1")).toBe("nic-ge-0_0_1");
  });

  it("has slots for later NICs where asked, and the user's own arguments last", () => {
    const devices = values({ spareSlots: 2 }, "-device");
    expect(devices).toEqual(
      expect.arrayContaining([
        { driver: "pcie-root-port", id: "slot0", chassis: 1 },
        { driver: "pcie-root-port", id: "slot1", chassis: 2 },
      ]),
    );
    // Those that are there from the start are in slots, too, where their models can be.
    const nic = { name: "eth0", model: "virtio-net-pci", mac: "02:00:00:00:00:01", mtu: 1500 };
    const buses = values({ spareSlots: 1, nics: [{ ...nic, name: "a", model: "e1000" }, nic] }, "-device").map(
      (one) => (one as { bus?: string }).bus,
    );
    expect(buses.slice(-2)).toEqual([undefined, "slot0"]);
    expect(commandLine({ ...plain, extraArguments: ["-vga", "std"] }, fds).slice(-2)).toEqual(["-vga", "std"]);
  });
});
