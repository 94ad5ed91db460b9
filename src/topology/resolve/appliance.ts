import type { Findings } from "../findings.ts";
import type { VmDisk, VmSeed, VmSettings } from "../model.ts";
import type { LabDefinition } from "../schema/lab.ts";
import { parseSize } from "../size.ts";
import type { Path } from "../source/source.ts";
import type { ApplianceSettings } from "./draft.ts";
import { groupResources } from "./resources.ts";
import { type Context, hostname, type Layer, routes } from "./settings.ts";

type Node = NonNullable<NonNullable<LabDefinition["nodes"]>[string]>;
export type ApplianceDefinition = Omit<Extract<Node, { kind: "appliance" }>, "kind" | "engine" | "interfaces">;
type DiskDefinition = NonNullable<ApplianceDefinition["disks"]>[number];
type Text = NonNullable<Extract<ApplianceDefinition["cloud-init"], object>["user-data"]>;

const mebibyte = 2 ** 20;
/** What SeaBIOS and a small kernel need. */
const leastMemory = 16 * mebibyte;
const defaultMemory = 512 * mebibyte;
/** Of virtual disks, as sector numbers of 512 bytes go (and QEMU's own limit is beyond). */
const largestDisk = 2 ** 50;

/** The settings of an appliance from its defaults and its own definition; the later ones win. */
export function applianceSettings(
  name: string,
  path: Path,
  layers: readonly Layer<ApplianceDefinition>[],
  context: Context,
): ApplianceSettings {
  const last = <Key extends keyof ApplianceDefinition>(key: Key) =>
    layers.findLast(({ data }) => data[key] !== undefined);
  const value = <Key extends keyof ApplianceDefinition>(key: Key) => last(key)?.data[key];
  const firmware = value("firmware") ?? "bios";
  const nic = value("nic") ?? "virtio";
  const cpuModel = value("cpu-model");
  const kernel = kernelOf(last("kernel"), context);
  const disks = [
    ...imageOf(last("image"), context),
    ...layers.flatMap(({ data, path: at }) =>
      (data.disks ?? []).map((disk, index) => diskOf(disk, [...at, "disks", index], context)),
    ),
  ];
  if (last("kernel") === undefined && last("image") === undefined && !layers.some(({ data }) => data.disks?.length))
    context.findings.error("APPLIANCE_BOOTS_NOTHING", { node: name }, path, "key");
  const seed = seedOf(last("cloud-init"), context);
  const vm: VmSettings = {
    cpus: value("cpus") ?? 1,
    memoryMiB: memoryOf(last("memory"), context.findings),
    machine: value("machine") ?? (firmware === "uefi" ? "q35" : "pc"),
    firmware,
    acceleration: value("acceleration") ?? "auto",
    ...(cpuModel === undefined ? {} : { cpuModel }),
    nic: nic === "virtio" ? "virtio-net-pci" : nic,
    ...(kernel === undefined ? {} : { kernel }),
    disks,
    ...(seed === undefined ? {} : { seed }),
    guestAgent: value("guest-agent") ?? false,
    startPaused: value("start") === "paused",
    dump: value("dump") ?? false,
    arguments: layers.flatMap(({ data }) => (data.arguments ?? []).map(String)),
  };
  const given = layers.flatMap(({ data }) => data.resources ?? []);
  const whole = given.length === 0 ? undefined : groupResources(Object.assign({}, ...given));
  const settings = {
    hostname: hostname(last("hostname"), context),
    routes: layers.flatMap((layer) => routes(layer, context)),
    vm,
    resources: whole,
  };
  const unset = settings.routes[0];
  if (seed === undefined && unset !== undefined)
    context.findings.error("APPLIANCE_NEEDS_SEED", { node: name, what: "routes" }, unset.path);
  return settings;
}

function imageOf(layer: Layer<ApplianceDefinition> | undefined, context: Context): readonly VmDisk[] {
  const image = layer?.data.image;
  if (layer === undefined || image === undefined) return [];
  const at = [...layer.path, "image"];
  if (typeof image === "string") return [diskOf({ image }, at, context, at)];
  const { path, ...rest } = image;
  return [diskOf({ image: path, ...rest }, at, context, [...at, "path"])];
}

function diskOf(
  { image, format, size, bus = "virtio" }: DiskDefinition,
  at: Path,
  { files, findings }: Context,
  imageAt: Path = [...at, "image"],
): VmDisk {
  const path = image === undefined ? undefined : files.locate(image, "The image", imageAt);
  const bytes = size === undefined ? undefined : sizeOf(size, "The size of a disk", [...at, "size"], findings);
  if (image === undefined && size === undefined)
    findings.error("MISSING_KEY", { key: "size", where: "A disk without an image", expected: "such as 10GiB" }, at);
  if (image === undefined && format !== undefined)
    findings.error("APPLIANCE_SETTING", { what: "The format of an empty disk", text: format, range: "left out" }, [
      ...at,
      "format",
    ]);
  return {
    ...(path === undefined ? {} : { image: path }),
    ...(format === undefined ? {} : { format }),
    ...(bytes === undefined ? {} : { sizeBytes: bytes }),
    bus,
  };
}

function sizeOf(text: string, what: string, at: Path, findings: Findings): number | undefined {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0 && bytes <= largestDisk && bytes % 512 === 0) return bytes;
  if (bytes !== undefined)
    findings.error(
      "APPLIANCE_SETTING",
      { what, text, range: "between 1KiB and 1024TiB, in whole sectors of 512 bytes" },
      at,
    );
  return undefined;
}

function memoryOf(layer: Layer<ApplianceDefinition> | undefined, findings: Findings): number {
  const text = layer?.data.memory;
  const bytes = text === undefined ? defaultMemory : parseSize(text);
  if (
    layer !== undefined &&
    text !== undefined &&
    bytes !== undefined &&
    (bytes < leastMemory || bytes % mebibyte !== 0)
  )
    findings.error("APPLIANCE_SETTING", { what: "Memory", text, range: "whole MiB, and at least 16MiB" }, [
      ...layer.path,
      "memory",
    ]);
  return (bytes ?? defaultMemory) / mebibyte;
}

function kernelOf(layer: Layer<ApplianceDefinition> | undefined, { files }: Context): VmSettings["kernel"] {
  const definition = layer?.data.kernel;
  if (layer === undefined || definition === undefined) return undefined;
  const at = [...layer.path, "kernel"];
  const form = typeof definition === "string" ? { image: definition } : definition;
  const image = files.locate(form.image, "The kernel", typeof definition === "string" ? at : [...at, "image"]);
  const initrd = form.initrd === undefined ? undefined : files.locate(form.initrd, "The initrd", [...at, "initrd"]);
  return {
    image: image ?? form.image,
    ...(initrd === undefined ? {} : { initrd }),
    append: form.append ?? "console=ttyS0",
  };
}

function seedOf(layer: Layer<ApplianceDefinition> | undefined, context: Context): VmSeed | undefined {
  const definition = layer?.data["cloud-init"];
  if (layer === undefined || definition === undefined || definition === false) return undefined;
  if (definition === true) return { userData: "#cloud-config\n" };
  const at = [...layer.path, "cloud-init"];
  const read = (text: Text | undefined, key: string): string | undefined => {
    if (text === undefined || typeof text === "string") return text;
    const bytes = context.files.read(text.from, `The ${key}`, [...at, key, "from"]);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString();
  };
  const networkConfig = read(definition["network-config"], "network-config");
  return {
    userData: read(definition["user-data"], "user-data") ?? "#cloud-config\n",
    ...(networkConfig === undefined ? {} : { networkConfig }),
  };
}
