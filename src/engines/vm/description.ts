/** A virtual machine as QEMU is to make it, with nothing left to decide. Files by path are on this machine. */
export type VmDescription = {
  /** Of the node. */
  readonly name: string;
  /** Program to run, e.g. `qemu-system-x86_64`; looked up in PATH. */
  readonly program: string;
  /** QEMU's name, e.g. `pc` or `q35`. */
  readonly machine: string;
  readonly accelerator: "kvm" | "tcg";
  /** QEMU's name; the best there is when absent. */
  readonly cpuModel?: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly firmware: Firmware;
  /** Started by QEMU itself, without the disks' boot loader. */
  readonly kernel?: { readonly image: string; readonly initrd?: string; readonly append: string };
  readonly disks: readonly Disk[];
  /** A drive with these bytes, which the guest only reads: a cloud-init seed. */
  readonly seed?: { readonly bus: DiskBus };
  readonly nics: readonly Nic[];
  /** It has a port for the guest agent. */
  readonly guestAgent: boolean;
  /** Slots for NICs that come later, where the machine needs them made in advance (PCI Express). */
  readonly spareSlots: number;
  /** As QEMU's command line takes them. Put last. */
  readonly extraArguments: readonly string[];
};

export type Firmware =
  | { readonly type: "bios" }
  /** `code`: the program, read only. The variables are this machine's own. */
  | { readonly type: "uefi"; readonly code: string };

export type DiskBus = "virtio" | "ide" | "scsi" | "nvme";

export type Disk = {
  /** The image below the overlay; it is never written. An empty disk when absent. */
  readonly image?: { readonly path: string; readonly format: "qcow2" | "raw" };
  readonly bus: DiskBus;
};

export type Nic = {
  /** Of the node's interface. */
  readonly name: string;
  /** QEMU's name of the device, e.g. `virtio-net-pci` or `e1000`. */
  readonly model: string;
  readonly mac: string;
  /** Told to the guest by models that can (virtio). */
  readonly mtu: number;
  /** Where QEMU writes every frame of it (pcap), from the first on. */
  readonly dump?: string;
};

/** Numbers of open files in QEMU's own process, which it inherits. */
export type VmDescriptors = {
  readonly qmp: number;
  readonly console: number;
  /** Where the machine has a port for the guest agent. */
  readonly agent?: number;
  /** In the order of the NICs. */
  readonly taps: readonly number[];
  /** Overlays, in the order of the disks. */
  readonly overlays: readonly number[];
  readonly variables?: number;
  readonly seed?: number;
  /** An empty qcow2 file that snapshots of memory go to. */
  readonly memory: number;
};
