import type { Disk, DiskBus, Nic, VmDescription, VmDescriptors } from "./description.ts";

/**
 * QEMU's arguments for a machine (qemu(1)), the program's name not among them. The machine comes up
 * stopped: `cont` starts it, when its links are as they should be. Names in it: disks `disk0`, …; NICs
 * by `nicId`; the console `console`.
 *
 * Values that a user chose go in as JSON or as arguments of their own, so that a comma in a path stays
 * a comma; only models and machine types, whose options some want to give, do not.
 */
export function commandLine(vm: VmDescription, fds: VmDescriptors): readonly string[] {
  const { accelerator, cpuModel = accelerator === "kvm" ? "host" : "max" } = vm;
  return [
    ...["-name", `guest=${vm.name},debug-threads=on`],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-S"],
    // A guest that breaks out finds a process that may start no other and gain no rights.
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    ...["-machine", vm.machine],
    ...["-accel", accelerator === "kvm" ? "kvm" : "tcg,thread=multi"],
    ...["-cpu", cpuModel, "-smp", String(vm.cpus), "-m", `${vm.memoryMiB}M`],
    ...["-chardev", `socket,id=qmp,fd=${fds.qmp}`, "-mon", "chardev=qmp,mode=control"],
    ...["-chardev", `socket,id=console,fd=${fds.console}`, "-serial", "chardev:console"],
    ...guestAgent(fds),
    ...(isX86(vm) ? ["-device", "pvpanic"] : []),
    ...firmware(vm, fds),
    ...kernel(vm),
    ...["-device", "virtio-rng-pci"],
    ...vm.disks.flatMap((disk, index) => diskArguments(disk, index, fds.overlays[index] ?? -1)),
    ...busesFor(vm),
    ...vm.disks.flatMap((disk, index) => device(diskDevice(disk.bus, `disk${index}`, index + 1))),
    ...seed(vm, fds),
    ...fileSet(fds.memory),
    ...blockdev({ driver: "file", "node-name": "memory-file", filename: fileOf(fds.memory) }),
    ...blockdev({ driver: "qcow2", "node-name": "memory", file: "memory-file" }),
    ...Array.from({ length: slotCount(vm) }, (_, index) => device(slotDevice(index))).flat(),
    ...vm.nics.flatMap((nic, index) => nicArguments(nic, fds.taps[index] ?? -1, slotsOf(vm).get(nic.name))),
    ...vm.extraArguments,
  ];
}

/** QEMU's id of a NIC's device; its netdev is `net-…`, its dump `dump-…`. Ids begin with a letter and have no colons. */
export const nicId = (name: string): string => `nic-${name.replace(/[^A-Za-z0-9._-]/g, "_")}`;
export const netdevId = (name: string): string => `net-${nicId(name)}`;
export const dumpId = (name: string): string => `dump-${nicId(name)}`;

/** The properties of a NIC's device. @param bus where it is plugged in; the machine's first when absent */
export function nicDevice(nic: Nic, bus?: string): Readonly<Record<string, unknown>> {
  const isVirtio = nic.model.startsWith("virtio-net");
  return {
    driver: nic.model,
    id: nicId(nic.name),
    netdev: netdevId(nic.name),
    mac: nic.mac,
    ...(bus === undefined ? {} : { bus }),
    // The feature tells the guest; without it, guests begin with 1500.
    ...(isVirtio && nic.mtu !== 1500 ? { host_mtu: nic.mtu } : {}),
    // A boot ROM would look for a boot server on every link before the disks are tried.
    ...(nic.model.startsWith("usb") ? {} : { romfile: "" }),
  };
}

export const slotId = (index: number): string => `slot${index}`;

/** Models that are PCI Express, and so can be plugged into a slot, and out of it while the machine runs. */
const isExpress = (model: string): boolean => /^(virtio-net|e1000e$|igb$|vmxnet3$)/.test(model);

/** Which slot each NIC is in from the start, where the machine has slots. */
export function slotsOf({ nics, spareSlots }: VmDescription): ReadonlyMap<string, number> {
  if (spareSlots === 0) return new Map();
  return new Map(nics.filter(({ model }) => isExpress(model)).map(({ name }, index) => [name, index]));
}

/** All slots, taken or not. */
export const slotCount = (vm: VmDescription): number => slotsOf(vm).size + vm.spareSlots;

const slotDevice = (index: number) => ({
  driver: "pcie-root-port",
  id: slotId(index),
  chassis: index + 1,
});

const isX86 = ({ program }: VmDescription): boolean => /x86_64|i386/.test(program);

/** The port by its name, as agents look for it (QEMU Guest Agent, qemu-ga(8)). */
function guestAgent({ agent }: VmDescriptors): readonly string[] {
  if (agent === undefined) return [];
  return [
    ...["-chardev", `socket,id=agent,fd=${agent}`],
    ...device({ driver: "virtio-serial-pci", id: "agent-bus" }),
    ...device({ driver: "virtserialport", bus: "agent-bus.0", chardev: "agent", name: "org.qemu.guest_agent.0" }),
  ];
}

function firmware({ firmware: one, ...vm }: VmDescription, fds: VmDescriptors): readonly string[] {
  if (one.type === "bios") return [];
  const { variables = -1 } = fds;
  return [
    ...blockdev({ driver: "file", "node-name": "uefi-code", filename: one.code, "read-only": true }),
    ...fileSet(variables),
    ...blockdev({ driver: "file", "node-name": "uefi-variables", filename: fileOf(variables) }),
    ...["-machine", `${vm.machine},pflash0=uefi-code,pflash1=uefi-variables`],
  ];
}

function kernel({ kernel: one }: VmDescription): readonly string[] {
  if (one === undefined) return [];
  return [
    ...["-kernel", one.image],
    ...(one.initrd === undefined ? [] : ["-initrd", one.initrd]),
    ...["-append", one.append],
  ];
}

/** The overlay over the image. Nothing of it outlives the machine, so the guest's flushes need not reach the disk. */
function diskArguments({ image }: Disk, index: number, overlay: number): readonly string[] {
  const name = `disk${index}`;
  const cache = { "no-flush": true };
  const below =
    image === undefined
      ? []
      : [
          ...blockdev({
            driver: "file",
            "node-name": `${name}-image-file`,
            filename: image.path,
            "read-only": true,
            "auto-read-only": false,
          }),
          ...blockdev({
            driver: image.format,
            "node-name": `${name}-image`,
            file: `${name}-image-file`,
            "read-only": true,
            "auto-read-only": false,
          }),
        ];
  return [
    ...below,
    ...fileSet(overlay),
    ...blockdev({
      driver: "file",
      "node-name": `${name}-file`,
      filename: fileOf(overlay),
      discard: "unmap",
      cache,
    }),
    ...blockdev({
      driver: "qcow2",
      "node-name": name,
      file: `${name}-file`,
      backing: image === undefined ? null : `${name}-image`,
      discard: "unmap",
      cache,
    }),
  ];
}

function busesFor(vm: VmDescription): readonly string[] {
  const buses = new Set([...vm.disks.map((disk) => disk.bus), ...(vm.seed === undefined ? [] : [vm.seed.bus])]);
  return buses.has("scsi") ? device({ driver: "virtio-scsi-pci", id: "scsi" }) : [];
}

function diskDevice(bus: DiskBus, drive: string, bootIndex?: number): Readonly<Record<string, unknown>> {
  const common = { id: `${drive}-device`, drive, ...(bootIndex === undefined ? {} : { bootindex: bootIndex }) };
  switch (bus) {
    case "virtio":
      return { driver: "virtio-blk-pci", ...common };
    case "ide":
      return { driver: "ide-hd", ...common };
    case "scsi":
      return { driver: "scsi-hd", bus: "scsi.0", ...common };
    case "nvme":
      return { driver: "nvme", serial: drive, ...common };
    default:
      return bus satisfies never;
  }
}

function seed({ seed: one }: VmDescription, { seed: fd }: VmDescriptors): readonly string[] {
  if (one === undefined || fd === undefined) return [];
  const isCd = one.bus === "ide";
  return [
    ...fileSet(fd),
    ...blockdev({
      driver: "file",
      "node-name": "seed-file",
      filename: fileOf(fd),
      "read-only": true,
      "auto-read-only": false,
    }),
    ...blockdev({
      driver: "raw",
      "node-name": "seed",
      file: "seed-file",
      "read-only": true,
      "auto-read-only": false,
    }),
    ...device({ ...diskDevice(one.bus, "seed"), ...(isCd ? { driver: "ide-cd" } : {}) }),
  ];
}

function nicArguments(nic: Nic, tap: number, slot: number | undefined): readonly string[] {
  const netdev = netdevId(nic.name);
  return [
    ...["-netdev", `tap,id=${netdev},fd=${tap}`],
    ...device(nicDevice(nic, slot === undefined ? undefined : slotId(slot))),
    ...(nic.dump === undefined
      ? []
      : ["-object", JSON.stringify({ "qom-type": "filter-dump", id: dumpId(nic.name), netdev, file: nic.dump })]),
  ];
}

/** Makes an inherited file one that QEMU can open by name, as often as it likes. */
const fileSet = (fd: number): readonly string[] => ["-add-fd", `fd=${fd},set=${fd}`];
const fileOf = (fd: number): string => `/dev/fdset/${fd}`;

const blockdev = (options: Readonly<Record<string, unknown>>): readonly string[] => [
  "-blockdev",
  JSON.stringify(options),
];
const device = (options: Readonly<Record<string, unknown>>): readonly string[] => ["-device", JSON.stringify(options)];
