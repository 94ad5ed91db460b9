import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Entry, writeArchive } from "../../appliances/image/cpio.ts";
import { hostFiles } from "./host-files.ts";
import { type GuestKernel, guestKernel } from "./kernel.ts";

export type GuestRun = {
  /** For all of it: boot, command, end. */
  readonly timeoutMs: number;
  /** Files of this machine that the guest has at the same paths, with the libraries they need. */
  readonly share?: readonly string[];
  /** Other files, by absolute path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Kernel modules beside those for links, queues and filters. */
  readonly modules?: readonly string[];
  /** Runs the command in a root file system that can be left, as labs do; the initramfs cannot (pivot_root(2)). */
  readonly ownRoot?: boolean;
};

export type GuestResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

const usualModules = ["veth", "bridge", "8021q", "tun", "sch_netem", "sch_tbf", "sch_ingress", "cls_u32", "act_mirred"];

/**
 * Boots Debian's kernel in a virtual machine of its own (QEMU by emulation, two processors, 1 GB, no
 * disk, no network), runs a command there as root, and takes it down. The only way in is the initramfs,
 * the only way out are three virtio-serial ports. Nothing of it stays, and QEMU ends with this process.
 *
 * @throws when the command did not end within the time, with what the guest's console said
 */
export async function runInGuest(argv: readonly string[], run: GuestRun): Promise<GuestResult> {
  const work = mkdtempSync(join(tmpdir(), "netwright-guest-"));
  const file = (name: string) => join(work, name);
  try {
    const kernel = guestKernel();
    const modules = kernel.modules(["virtio_pci", "virtio_console", ...usualModules, ...(run.modules ?? [])]);
    writeArchive(file("initramfs"), contents(kernel, modules, argv, run));
    const ports = ["stdout", "stderr", "status"].flatMap((name) => [
      "-chardev",
      `file,id=${name},path=${file(name)}`,
      "-device",
      `virtserialport,chardev=${name}`,
    ]);
    const machine =
      "-machine pc -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -nodefaults -no-user-config -display none";
    const qemu = [
      ...machine.split(" "),
      ...["-no-reboot", "-kernel", kernel.image, "-initrd", file("initramfs")],
      ...["-append", "console=ttyS0 quiet panic=-1 rdinit=/init"],
      ...["-serial", `file:${file("console")}`, "-device", "virtio-serial-pci", ...ports],
    ];
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "qemu-system-x86_64", ...qemu], {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: run.timeoutMs,
      killSignal: "SIGKILL",
    });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    await once(child, "close");
    const text = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : "");
    const status = text("status").trim();
    if (!/^\d+$/.test(status)) {
      const said = [complaint, text("console"), text("stdout"), text("stderr")].join("\n").trim().slice(-4000);
      throw new Error(`the guest did not finish "${argv.join(" ")}" within ${run.timeoutMs} ms:\n${said}`);
    }
    return { exitCode: Number(status), stdout: text("stdout"), stderr: text("stderr") };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function contents(
  kernel: GuestKernel,
  modules: readonly string[],
  argv: readonly string[],
  run: GuestRun,
): Iterable<Entry> {
  const entries = hostFiles(run.share ?? []);
  const folder = (path: string) => {
    const parts = path.split("/");
    for (let length = 1; length <= parts.length; length++) {
      const name = parts.slice(0, length).join("/");
      if (!entries.has(name)) entries.set(name, { kind: "folder", path: name });
    }
  };
  const put = (path: string, content: Uint8Array, executable: boolean) => {
    const name = path.slice(1);
    if (name.includes("/")) folder(name.slice(0, name.lastIndexOf("/")));
    entries.set(name, { kind: "file", path: name, content, executable });
  };
  for (const name of ["proc", "sys", "dev", "tmp", "run", "busybox", "modules"]) folder(name);
  for (const module of modules) put(`/modules/${basename(module)}`, readFileSync(module), false);
  for (const [path, content] of Object.entries(run.files ?? {})) put(path, Buffer.from(content), true);
  put("/busybox/busybox", readFileSync(kernel.busybox), true);
  put("/init", Buffer.from(init(modules, run.ownRoot === true ? [...intoOwnRoot, ...argv] : argv)), true);
  return entries.values();
}

/** The first process. It needs no more than busybox, whose programs come after those that were shared. */
const init = (modules: readonly string[], argv: readonly string[]): string => `#!/busybox/busybox sh
/busybox/busybox --install -s /busybox
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:/busybox HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
${modules.map((module) => `insmod /modules/${basename(module)}`).join("\n")}
ifconfig lo 127.0.0.1 up
until [ -c /dev/vport0p3 ]; do usleep 10000; done
${argv.map(quoted).join(" ")} </dev/null >/dev/vport0p1 2>/dev/vport0p2
echo $? >/dev/vport0p3
poweroff -f
`;

/** Binds the root over itself, and runs its words there. */
const intoOwnRoot = [
  ...["sh", "-c", 'mkdir /root2 && mount -o rbind / /root2 && cd /root2 && mount -o move . / && exec chroot . "$@"'],
  "sh",
];

/** One word of the shell, whatever is in it. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
