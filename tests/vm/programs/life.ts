import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Disk, VmDescription } from "../../../src/engines/vm/description.ts";
import { emptyQcow2 } from "../../../src/engines/vm/disk/overlay.ts";
import { findUefi } from "../../../src/engines/vm/firmware.ts";
import { VirtualMachine, type VmEnd } from "../../../src/engines/vm/machine.ts";
import { seedVolume } from "../../../src/engines/vm/seed/cloud-init.ts";
import { type StorageRequest, VmStorage } from "../../../src/engines/vm/storage.ts";
import { createNetns, RtnetlinkHandle, Tap } from "../../../src/kernel/index.ts";
import { ConsoleShell, SerialConsole } from "../../../src/testing/console/index.ts";
import { testGuest } from "../guest-image.ts";

/** Scenarios with real machines: run as root of namespaces of its own, with the scenario's name. */

const folder = mkdtempSync(join(tmpdir(), "netwright-test-vm-"));
const netns = createNetns();
const environment = { PATH: process.env["PATH"] ?? "" };

const { kernel: image, initrd } = testGuest();
const plain: VmDescription = {
  name: "dut",
  program: "qemu-system-x86_64",
  machine: "pc",
  accelerator: "tcg",
  cpus: 1,
  memoryMiB: 192,
  firmware: { type: "bios" },
  kernel: { image, initrd, append: "console=ttyS0 quiet panic=-1 rdinit=/init net.ifnames=0" },
  disks: [],
  nics: [],
  guestAgent: false,
  spareSlots: 0,
  extraArguments: [],
};

type Parts = { readonly storage?: Partial<StorageRequest>; readonly taps?: readonly number[] };

async function start(vm: Partial<VmDescription>, { storage = {}, taps = [] }: Parts = {}) {
  const opened = new VmStorage({ node: "dut", disks: [], folder, ...storage });
  const machine = await VirtualMachine.start({ ...plain, ...vm }, { netns, storage: opened, taps, environment });
  const console = new SerialConsole("dut", machine.console, { timeout: 60_000 });
  machine.console.resume();
  return { machine, console, shell: new ConsoleShell(console), storage: opened };
}

async function boot(vm: Partial<VmDescription> = {}, parts: Parts = {}) {
  const started = await start(vm, parts);
  await started.machine.resume();
  await started.shell.login({ user: "root", password: "secret" });
  return started;
}

const failure = async (work: Promise<unknown>) => {
  try {
    await work;
    return "none";
  } catch (error) {
    const { code, message, remedy } = error as { code: string; message: string; remedy?: string };
    return { code, message, remedy };
  }
};

const endedWell = async (ended: Promise<VmEnd>) => {
  const end = await ended;
  if (end.state === "failed") throw end.error;
};

const nic = (name: string, model = "virtio-net-pci") => ({
  name,
  model,
  mac: `02:00:00:00:00:0${Number(name.replace(/\D/g, "")) + 1}`,
  mtu: 1500,
});

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  /** Disks on every bus, a seed, what a guest writes, and what becomes of the image. */
  disks: async () => {
    const path = join(folder, "disk.img");
    writeFileSync(path, Buffer.alloc(4 * 2 ** 20, "original"));
    const before = createHash("sha256").update(readFileSync(path)).digest("hex");
    const disks: readonly Disk[] = [
      { image: { path, format: "raw" }, bus: "virtio" },
      { image: { path, format: "raw" }, bus: "ide" },
      { bus: "scsi" },
      { bus: "nvme" },
    ];
    const { machine, shell, storage } = await boot(
      { disks, seed: { bus: "virtio" } },
      {
        storage: {
          disks: [{ image: { path } }, { image: { path }, bytes: 8 * 2 ** 20 }, { bytes: 2 ** 30 }, { bytes: 2 ** 20 }],
          seed: seedVolume({ instanceId: "i", hostname: "dut", userData: "#cloud-config", interfaces: [], routes: [] }),
        },
      },
    );
    await shell.check("for d in vda sda sdb nvme0n1 vdb; do until [ -b /dev/$d ]; do sleep 0.1; done; done");
    // Which of the two comes first depends on which driver does.
    const isIdeFirst = (await shell.check("cat /sys/block/sda/size")).trim() === "16384";
    const [ide, scsi] = isIdeFirst ? ["sda", "sdb"] : ["sdb", "sda"];
    const own = `vda ${ide} ${scsi} nvme0n1`;
    const names = `${own} vdb`;
    const sizes = await shell.check(`for d in ${names}; do cat /sys/block/$d/size; done`);
    const original = await shell.check("head -c 8 /dev/vda; head -c 8 /dev/" + ide);
    await shell.check(`for d in ${own}; do echo changed | dd of=/dev/$d conv=notrunc 2>/dev/null; done; sync`);
    const changed = await shell.check(`for d in ${own}; do head -c 7 /dev/$d; done`);
    const seed = await shell.check("mount -t iso9660 -o ro /dev/vdb /mnt && ls -1 /mnt && cat /mnt/meta-data");
    // Through a power-off, what was written is there.
    const end = await machine.quit();
    const again = await VirtualMachine.start(
      { ...plain, disks, seed: { bus: "virtio" } },
      { netns, storage, taps: [], environment },
    );
    const console = new SerialConsole("dut", again.console, { timeout: 60_000 });
    again.console.resume();
    await again.resume();
    const second = new ConsoleShell(console);
    await second.login({ user: "root", password: "secret" });
    const kept = await second.check("head -c 7 /dev/vda");
    await again.quit();
    const after = createHash("sha256").update(readFileSync(path)).digest("hex");
    return {
      sizes: sizes.trim().split("\n").map(Number),
      original,
      changed,
      seed,
      end,
      kept,
      untouched: before === after,
    };
  },

  /** Pause, snapshot, restore, reset, power button. */
  life: async () => {
    const { machine, shell, console } = await boot();
    await machine.pause();
    const states: string[] = [machine.state];
    const frozen = await failure(shell.run("echo x", { timeout: 500 }));
    await machine.resume();
    states.push(machine.state);
    await console.expect(/NWE\w+ 0;/);
    await shell.check("echo kept >/tmp/before");
    await machine.snapshot("one");
    await shell.check("echo lost >/tmp/after");
    await machine.restore("one");
    states.push(machine.state);
    console.takeText();
    const files = await shell.check("ls /tmp/before /tmp/after 2>/dev/null || true");
    const noSnapshot = await failure(machine.restore("two"));
    await machine.reset();
    await console.expect("Welcome to the test guest");
    await shell.login({ user: "root", password: "secret" });
    const afterReset = await shell.check("ls /tmp");
    const end = await machine.powerDown(20_000);
    return { states, frozen, files, noSnapshot, afterReset, end, state: machine.state, version: machine.version };
  },

  /** NICs that are cut, added and removed while the guest runs; of several models. */
  nics: async () => {
    const handle = RtnetlinkHandle.open();
    const taps = ["j10", "j11", "j12"].map((name) => Tap.open({ name, vnetHeader: true }));
    const fds = taps.map(({ fd }) => fd);
    const { machine, shell } = await boot({ nics: [nic("eth0"), nic("eth1", "vmxnet3")] }, { taps: fds.slice(0, 2) });
    const names = async () => (await shell.check("ls /sys/class/net")).trim().split(/\s+/);
    const carrier = async (name: string) => (await shell.check(`cat /sys/class/net/${name}/carrier`)).trim();
    const began = await names();
    const drivers = await shell.check(
      "for n in eth0 eth1; do basename $(readlink /sys/class/net/$n/device/driver); done",
    );
    const macs = await shell.check("cat /sys/class/net/eth0/address /sys/class/net/eth1/address");
    await machine.setLink("eth0", false);
    await shell.check("until [ $(cat /sys/class/net/eth0/carrier) = 0 ]; do sleep 0.1; done");
    const cut = [await carrier("eth0"), await carrier("eth1")];
    await machine.setLink("eth0", true);
    await shell.check("until [ $(cat /sys/class/net/eth0/carrier) = 1 ]; do sleep 0.1; done");
    await machine.addNic(nic("eth2"), fds[2] ?? -1);
    await shell.check("until [ -e /sys/class/net/eth2 ]; do sleep 0.1; done; ip link set eth2 up");
    // A frame from the new NIC reaches its tap.
    const index = handle.linkGet({ name: "j12" }).ifindex;
    handle.linkSet({ ifindex: index, up: true });
    await shell.check("ip address add 10.0.0.1/24 dev eth2; arping -c 2 -w 2 -I eth2 10.0.0.2 || true");
    const received = handle.linkGet({ ifindex: index }).statistics?.rxPackets ?? 0;
    const twice = await failure(machine.addNic(nic("eth2"), fds[2] ?? -1));
    await machine.removeNic("eth2");
    await shell.check("while [ -e /sys/class/net/eth2 ]; do sleep 0.1; done");
    const ended = await names();
    await machine.quit();
    return { began, drivers, macs, cut, received: received > 0, twice, ended };
  },

  /** PCI Express: a NIC that comes later needs a slot made in advance. */
  q35: async () => {
    const tap = Tap.open({ name: "j10", vnetHeader: true });
    const other = Tap.open({ name: "j11", vnetHeader: true });
    const { machine, shell } = await boot({ machine: "q35", spareSlots: 1, nics: [nic("eth0")] }, { taps: [tap.fd] });
    await machine.addNic(nic("eth1"), other.fd);
    await shell.check("until [ -e /sys/class/net/eth1 ]; do sleep 0.1; done");
    const full = await failure(machine.addNic(nic("eth2"), tap.fd));
    for (const name of ["eth1", "eth0"]) {
      await machine.removeNic(name);
      await shell.check(`while [ -e /sys/class/net/${name} ]; do sleep 0.1; done`);
    }
    await machine.quit();
    return { full };
  },

  /** UEFI with variables of its own. */
  uefi: async () => {
    const { code, variables } = findUefi("dut");
    const { kernel: _, ...bare } = plain;
    const storage = new VmStorage({ node: "dut", disks: [], folder, variables });
    const machine = await VirtualMachine.start(
      { ...bare, machine: "q35", firmware: { type: "uefi", code } },
      { netns, storage, taps: [], environment },
    );
    const console = new SerialConsole("dut", machine.console, { timeout: 90_000 });
    machine.console.resume();
    await machine.resume();
    const { match } = await console.expect(/BdsDxe|UEFI Interactive Shell/);
    await machine.quit();
    return { shown: match[0] };
  },

  /** How it says what went wrong. */
  failures: async () => {
    const broken = join(folder, "broken.qcow2");
    const content = emptyQcow2(2 ** 30);
    // Clusters of 2^40 bytes.
    content.writeUInt32BE(40, 20);
    writeFileSync(broken, content);
    const disks: readonly Disk[] = [{ image: { path: broken, format: "qcow2" }, bus: "virtio" }];
    const result: Record<string, unknown> = {
      corrupt: await failure(start({ disks }, { storage: { disks: [{ image: { path: broken } }] } })),
      memory: await failure(start({ memoryMiB: 64 * 2 ** 20 })),
      machine: await failure(start({ machine: "no-such-machine" })),
      missing: await failure(start({ program: "qemu-system-nowhere" })),
      model: await failure(start({ nics: [nic("eth0", "no-such-nic")] }, { taps: [Tap.open({ name: "j10" }).fd] })),
    };
    const killed = await start({});
    process.kill(killed.machine.pid, "SIGKILL");
    result["killed"] = await failure(endedWell(killed.machine.ended));
    result["after"] = await failure(killed.machine.resume());
    const panic = await boot({ kernel: { image, initrd, append: `${plain.kernel?.append} panic=0` } });
    await panic.console.sendLine("echo c >/proc/sysrq-trigger");
    result["panic"] = await failure(endedWell(panic.machine.waitForEnd(30_000)));
    const off = await boot();
    await off.console.sendLine("poweroff -f");
    result["off"] = await off.machine.waitForEnd(20_000);
    const stopped = await start({});
    result["hangs"] = await failure(stopped.machine.waitForEnd(200));
    stopped.machine.kill();
    result["byUs"] = await stopped.machine.ended;
    truncateSync(broken, 0);
    return result;
  },
};

try {
  process.stdout.write(JSON.stringify(await scenarios[process.argv[2] ?? ""]?.()));
  rmSync(folder, { recursive: true });
  process.exit(0);
} catch (error) {
  rmSync(folder, { recursive: true });
  console.error(error);
  process.exit(1);
}
