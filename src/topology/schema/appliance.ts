import * as z from "zod";
import { sizePattern } from "../size.ts";
import { choice, flag, listOf, map, mapOf, scalar, text, wholeNumber } from "./form.ts";
import { interfaceForm, route } from "./interface.ts";
import { applianceResources } from "./resources.ts";

/** Appliances: nodes that are virtual machines. */

const size = (phrase = "a size with its unit, such as 512MiB or 2GiB") =>
  z.string({ error: phrase }).regex(sizePattern, { error: phrase });

export const diskBuses = ["virtio", "ide", "scsi", "nvme"] as const;

const diskSettings = {
  format: choice(["qcow2", "raw"]).optional().describe("Found out when absent"),
  size: size().optional().describe("Of the disk that the guest sees; at least the image's. The image's when absent"),
  bus: choice(diskBuses).optional().describe("How the guest sees it. `virtio` when absent"),
};

const image = z
  .union(
    [
      text("a path"),
      map(
        { path: text("a path").describe("A file on this machine; relative to the lab file"), ...diskSettings },
        "a path, or a map with path, format, size and bus",
      ),
    ],
    { error: "a path, or a map with path, format, size and bus" },
  )
  .meta({ title: "Image" });

const disk = map(
  {
    image: text("a path")
      .optional()
      .describe("A file on this machine; relative to the lab file. An empty disk when absent"),
    ...diskSettings,
  },
  "a map with image, format, size and bus",
).meta({ title: "Disk" });

const kernel = z
  .union(
    [
      text("a path"),
      map(
        {
          image: text("a path").describe("A Linux kernel on this machine; relative to the lab file"),
          initrd: text("a path").optional().describe("Its first file system"),
          append: text("kernel parameters").optional().describe("Its parameters. `console=ttyS0` when absent"),
        },
        "a path, or a map with image, initrd and append",
      ),
    ],
    { error: "a path, or a map with image, initrd and append" },
  )
  .meta({ title: "Kernel" });

const textOrFile = (what: string) =>
  z.union(
    [
      text("a text"),
      map({ from: text("a path").describe("A file on this machine; relative to the lab file") }, "{from: a path}"),
    ],
    { error: `${what}, or {from: a path}` },
  );

const cloudInit = z
  .union(
    [
      flag(),
      map(
        {
          "user-data": textOrFile("the text of user-data")
            .optional()
            .describe("The text of user-data, as it is, or {from: a path}. An empty `#cloud-config` when absent"),
          "network-config": textOrFile("the text of network-config")
            .optional()
            .describe(
              "Instead of what follows from the interfaces and routes: the text of network-config, or {from: a path}",
            ),
        },
        "true, or a map with user-data and network-config",
      ),
    ],
    { error: "true, or a map with user-data and network-config" },
  )
  .meta({ title: "Cloud-init" });

/** What defaults may give, too. */
export const applianceSettings = {
  hostname: text("a host name")
    .optional()
    .describe("Host name that cloud-init gives, and that other nodes know it by. The node's name when absent"),
  image: image
    .optional()
    .describe("The first disk's image, which is never written: a run writes into an overlay that goes with the lab"),
  kernel: kernel.optional().describe("Started directly, without the boot loader of a disk"),
  disks: listOf(disk, "a list of disks such as {size: 10GiB}").optional().describe("Further disks"),
  cpus: wholeNumber(1, 255).optional().describe("Processors. 1 when absent"),
  memory: size().optional().describe("Memory. 512MiB when absent"),
  resources: applianceResources
    .optional()
    .describe("What QEMU itself, which runs the machine, may use of this machine. No limits when absent"),
  machine: text("a machine type of QEMU such as q35")
    .optional()
    .describe("QEMU's machine type. `pc` when absent, `q35` with firmware: uefi"),
  firmware: choice(["bios", "uefi"])
    .optional()
    .describe("`bios` when absent. `uefi`: OVMF, with variables of the node's own"),
  nic: text("a model of network card such as virtio or e1000")
    .optional()
    .describe("Model of the network cards: `virtio` (the default), or QEMU's name, such as `e1000` or `vmxnet3`"),
  acceleration: choice(["auto", "kvm", "tcg"])
    .optional()
    .describe("`kvm`: at full speed. `tcg`: emulated. `auto` (the default): KVM where a guest really boots with it"),
  "cpu-model": text("a processor model of QEMU").optional().describe("QEMU's name. The best there is when absent"),
  "cloud-init": cloudInit
    .optional()
    .describe("A drive that tells cloud-init in the guest its host name, addresses and routes, and what you write"),
  "guest-agent": flag()
    .optional()
    .describe(
      "Whether it has a port for QEMU's guest agent (package qemu-guest-agent), by which `netwright cp` copies files. Not when absent",
    ),
  start: choice(["running", "paused"])
    .optional()
    .describe("`paused`: with the processors stopped, until `netwright node resume`. `running` when absent"),
  dump: flag()
    .optional()
    .describe("Whether QEMU itself writes every frame of each network card, from the first on, beside the logs"),
  arguments: listOf(scalar(), "a list of words for QEMU's command line")
    .optional()
    .describe("Further arguments of QEMU, put last"),
};

export const applianceNode = map(
  {
    kind: z.literal("appliance").describe("A virtual machine that brings its own system"),
    engine: z.literal("vm", { error: "vm" }).optional().describe("What runs it: `vm`, QEMU"),
    interfaces: mapOf(interfaceForm, "a map from names such as eth0 to addresses")
      .optional()
      .describe(
        "Network cards by name, in their order. Addresses are what other nodes know it by, and what cloud-init sets: no one else can set them in the guest",
      ),
    routes: listOf(route, "a list of routes such as {to: 10.9.0.0/16, via: 10.0.0.1}")
      .optional()
      .describe("Static routes, for cloud-init"),
    ...applianceSettings,
  },
  "a map with kind, image and so on",
).meta({ title: "Appliance" });
