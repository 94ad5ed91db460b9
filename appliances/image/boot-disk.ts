import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DebianPackage, fetchPackages } from "./debian.ts";
import { unpackedPrograms } from "./programs.ts";

export type BootDisk = {
  readonly kernel: string;
  readonly initrd: string;
  /** The kernel's command line. */
  readonly append: string;
  /** Of the partition: at most 11 characters. */
  readonly label: string;
  /** Of the disk and its partition's file system: 32 bits. */
  readonly id: number;
  /** Time of all files, since 1970. */
  readonly seconds: number;
};

const sector = 512;
const mebibyte = 1024 * 1024;
/** Before the partition, as usual. */
const gap = mebibyte;
/** Of the partition: clusters of 32 KiB, which boot loaders read fast, and enough of them for FAT16. */
const partitionBytes = 256 * mebibyte;
const clusterBytes = 32 * 1024;

const tools = ["grub-common", "grub-efi-amd64-bin", "mtools", "syslinux", "syslinux-common"];

/** What GRUB must be able to do. */
const modules = ["part_msdos", "fat", "linux"];

/**
 * Makes a raw disk that starts a kernel, by BIOS and by UEFI: one FAT partition with kernel, initrd,
 * SYSLINUX for BIOS, whose reading takes a third of the time that GRUB's does in an emulated machine, and
 * GRUB for UEFI. Without root or loop devices: the file system is made by mtools(1), and by syslinux(1),
 * which uses them.
 *
 * @param file to be written
 * @param work an empty folder for what is made on the way
 */
export function writeBootDisk(file: string, disk: BootDisk, work: string, cache?: string): void {
  const programs = unpackedPrograms(tools, cache);
  const environment = { TZ: "UTC", TMPDIR: work, SOURCE_DATE_EPOCH: String(disk.seconds) };
  const write = (name: string, text: string) => {
    writeFileSync(join(work, name), text);
    return join(work, name);
  };

  const syslinux = write(
    "syslinux.cfg",
    `DEFAULT linux\nLABEL linux\n  LINUX /vmlinuz\n  INITRD /initrd\n  APPEND ${disk.append}\n`,
  );
  // Inside of GRUB; its rescue parser reads it, so nothing is loaded beside what is in the image.
  const script = write("grub.cfg", `linux /vmlinuz ${disk.append}\ninitrd /initrd\nboot\n`);
  const grub = join(work, "grub.efi");
  const platform = ["-O", "x86_64-efi", "-d", programs.find("/usr/lib/grub/x86_64-efi")];
  programs.run("/usr/bin/grub-mkimage", [...platform, "-c", script, "-p", "/", "-o", grub, ...modules], environment);

  const sectors = partitionBytes / sector;
  writeFileSync(file, bootSector(readFileSync(programs.find("/usr/lib/syslinux/mbr/mbr.bin")), sectors, disk.id));
  truncateSync(file, gap + partitionBytes);
  const mtools = (command: string, ...argv: readonly string[]) =>
    programs.run("/usr/bin/mtools", ["-c", command, "-i", `${file}@@${gap}`, ...argv], {
      ...environment,
      MTOOLSRC: "/dev/null",
    });
  const size = ["-T", String(sectors), "-H", String(gap / sector), "-c", String(clusterBytes / sector)];
  const geometry = ["-h", "255", "-s", "63"];
  const id = disk.id.toString(16).padStart(8, "0");
  mtools("mformat", ...size, ...geometry, "-N", id, "-v", disk.label, "::");
  programs.run("/usr/bin/syslinux", ["--install", "--offset", String(gap), file], environment);
  mtools("mmd", "::/EFI", "::/EFI/BOOT");
  // The place that firmware looks at where nobody installed anything (UEFI specification, 3.5.1.1).
  mtools("mcopy", grub, "::/EFI/BOOT/BOOTX64.EFI");
  mtools("mcopy", syslinux, "::/syslinux.cfg");
  mtools("mcopy", disk.initrd, "::/initrd");
  mtools("mcopy", disk.kernel, "::/vmlinuz");
}

/** The packages that disks are made with; boot loaders of theirs are on them. */
export const bootPackages = (cache?: string): readonly DebianPackage[] => fetchPackages(tools, cache);

/** Everything before the partition: code that starts the active partition, and the partition table. */
function bootSector(code: Buffer, partitionSectors: number, id: number): Buffer {
  const start = Buffer.alloc(gap);
  code.copy(start, 0, 0, 440);
  start.writeUInt32LE(id, 440);
  // One entry (UEFI specification, 5.2.1): active, an EFI system partition; cylinders that are out of range.
  const entry = start.subarray(446, 462);
  entry.set([0x80, 0xfe, 0xff, 0xff, 0xef, 0xfe, 0xff, 0xff]);
  entry.writeUInt32LE(gap / sector, 8);
  entry.writeUInt32LE(partitionSectors, 12);
  start.writeUInt16LE(0xaa55, 510);
  return start;
}
