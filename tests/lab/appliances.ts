import { readFileSync } from "node:fs";
import { ConsoleShell, SerialConsole } from "../../src/testing/console/index.ts";
import type { ApplianceNode, Interface, VmSettings } from "../../src/topology/index.ts";
import { testGuest } from "../vm/guest-image.ts";
import type { RunningLab } from "./running-lab.ts";

/** An appliance that boots the guest of the tests. */
export function appliance(
  name: string,
  interfaces: readonly Interface[],
  more: Partial<VmSettings> = {},
): ApplianceNode {
  const { kernel, initrd } = testGuest();
  return {
    kind: "appliance",
    engine: "vm",
    name,
    hostname: name,
    interfaces,
    routes: [],
    vm: {
      cpus: 1,
      memoryMiB: 192,
      machine: "pc",
      firmware: "bios",
      acceleration: "tcg",
      nic: "virtio-net-pci",
      kernel: { image: kernel, initrd, append: "console=ttyS0 quiet panic=-1 rdinit=/init net.ifnames=0" },
      disks: [],
      guestAgent: false,
      startPaused: false,
      dump: false,
      arguments: [],
      ...more,
    },
  };
}

/** Its console, from power-on. */
export async function consoleOf(running: RunningLab, node: string): Promise<SerialConsole> {
  return new SerialConsole(node, await running.client.console(node, { history: 1 << 20 }), { timeout: 90_000 });
}

/** A shell on its console, logged in, with these addresses on its interfaces. */
export async function logIn(
  running: RunningLab,
  node: string,
  addresses: Readonly<Record<string, string>> = {},
): Promise<ConsoleShell> {
  const shell = new ConsoleShell(await consoleOf(running, node));
  await shell.login({ user: "root", password: "secret" });
  for (const [name, address] of Object.entries(addresses))
    await shell.check(`ip address add ${address} dev ${name}; ip link set ${name} up`);
  return shell;
}

/** The pid of a node's QEMU, as this process sees it. */
export async function qemuOf(running: Pick<RunningLab, "client">, node: string): Promise<number> {
  const { machine } = await running.client.node(node);
  const inside = String(machine?.["pid"]);
  const { supervisorPid } = await running.client.summary();
  // The children of PID 1 of the sandbox, with their numbers there (proc(5), NSpid).
  const children = readFileSync(`/proc/${supervisorPid}/task/${supervisorPid}/children`, "utf8").trim().split(/\s+/);
  const found = children.find((child) =>
    new RegExp(`^NSpid:.*\\s${inside}$`, "m").test(readFileSync(`/proc/${child}/status`, "utf8")),
  );
  if (found === undefined) throw new Error(`no process ${inside} in the sandbox; there are ${children.join(", ")}`);
  return Number(found);
}
