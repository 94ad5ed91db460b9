import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { type Entry, writeArchive } from "../../appliances/image/cpio.ts";
import { guestKernel } from "../guest/kernel.ts";

const folder = join(import.meta.dirname, "../../build/vm");

/** The password is "secret" (crypt(5), MD5). */
const passwd = "root:$1$nw$i2a1Xj3YXR2UWvx2.roPv/:0:0:root:/root:/bin/sh\n";

/** Modules of the guest beside what its kernel has built in. */
const modules = [
  "virtio_pci",
  "virtio_net",
  "virtio_blk",
  "virtio_scsi",
  "sd_mod",
  "sr_mod",
  "ata_piix",
  "nvme",
  "isofs",
  "vmxnet3",
  "button",
  "evdev",
  "pvpanic-mmio",
];

/**
 * A guest for tests of virtual machines: Debian's kernel and busybox, a login on the serial console
 * (root, password "secret"), interfaces up and without addresses, the power button obeyed. Made once.
 */
export function testGuest(): { readonly kernel: string; readonly initrd: string } {
  const kernel = guestKernel();
  const files = kernel.modules(modules);
  const init = initScript(files.map((file) => basename(file)));
  const name = createHash("sha256")
    .update(init + passwd)
    .update(kernel.image)
    .digest("hex")
    .slice(0, 16);
  const initrd = join(folder, `initrd-${name}`);
  if (!existsSync(initrd)) {
    mkdirSync(folder, { recursive: true });
    const work = `${initrd}.${process.pid}`;
    const file = (path: string, content: Uint8Array | string, executable = false): Entry => ({
      kind: "file",
      path,
      content: Buffer.from(content),
      executable,
    });
    const folders = [
      "bin",
      "dev",
      "etc",
      "etc/acpi",
      "etc/acpi/PWRF",
      "modules",
      "mnt",
      "proc",
      "root",
      "run",
      "sys",
      "tmp",
    ];
    writeArchive(work, [
      ...folders.map((path): Entry => ({ kind: "folder", path })),
      file("bin/busybox", readFileSync(kernel.busybox), true),
      file("init", init, true),
      file("etc/passwd", passwd),
      file("etc/group", "root:x:0:\n"),
      file("etc/acpi/PWRF/00000080", "#!/bin/sh\npoweroff -f\n", true),
      ...files.map((path) => file(`modules/${basename(path)}`, readFileSync(path))),
    ]);
    renameSync(work, initrd);
  }
  return { kernel: kernel.image, initrd };
}

const initScript = (names: readonly string[]): string => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts
mount -t tmpfs tmp /tmp
${names.map((name) => `insmod /modules/${name}`).join("\n")}
hostname guest
ip link set lo up
for nic in /sys/class/net/e*; do [ -e "$nic" ] && ip link set "\${nic##*/}" up; done
acpid -d -l /dev/null >/dev/null 2>&1 &
echo "Welcome to the test guest"
while :; do setsid getty -L 115200 ttyS0 vt100; done
`;
