import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import type { ProcessStatus } from "../../api/index.ts";
import {
  type Acceleration,
  findUefi,
  type Nic,
  seedVolume,
  VirtualMachine,
  type VmDescription,
  type VmEnd,
  VmStorage,
} from "../../engines/index.ts";
import type { Namespace, Tap } from "../../kernel/index.ts";
import { type ApplianceNode, type Interface, isAppliance, labError, type Machine } from "../../topology/index.ts";
import { ConsoleHub } from "../console/hub.ts";
import type { EventLog } from "../events.ts";
import { transferInGuest } from "../files/guest/transfer.ts";
import type { FileRequest } from "../files/porter-request.ts";
import type { LogStore } from "../log-store.ts";
import type { PatchPanel } from "../panel/panel.ts";
import type { MachineLife, MachineState } from "./life.ts";

export type ApplianceMachineOptions = {
  readonly lab: string;
  readonly panel: PatchPanel;
  readonly logs: LogStore;
  readonly events: EventLog;
  /** A folder of the sandbox. */
  readonly folder: string;
  /** Puts QEMU into the node's control group, where there are groups. */
  readonly join?: (node: string, pid: number) => void;
  /** How machines that leave it open are run here. */
  readonly acceleration: () => Promise<Acceleration>;
};

const program = "qemu-system-x86_64";
/** PCI Express wants slots made in advance for NICs that come later. */
const spareSlots = 8;
/** From the power button to pulling the plug. */
const powerDownMs = 20_000;

/** What a run of the machine is made of. */
type Run = { readonly machine: VirtualMachine; readonly acceleration: Acceleration };

/** A machine that QEMU runs. Its interfaces are taps in the panel; its disks last until it is removed from the lab. */
export class ApplianceMachine implements MachineLife {
  readonly #console: ConsoleHub;
  readonly services: readonly ProcessStatus[] = [];
  readonly #options: ApplianceMachineOptions;
  readonly #netns: Namespace;
  readonly #taps = new Map<string, { readonly one: Interface; readonly tap: Tap }>();
  #node: ApplianceNode;
  #storage: { readonly of: string; readonly storage: VmStorage } | undefined;
  #run: Run | undefined;
  #power: "on" | "off" | "failed" = "off";
  #lastError: Error | undefined;
  /** The processors of this run have run. */
  #hasBegun = false;

  constructor(node: ApplianceNode, options: ApplianceMachineOptions) {
    const { panel, logs } = options;
    this.#node = node;
    this.#options = options;
    this.#netns = panel.createMachine(node.name, () => undefined);
    const sink = logs.sink({ source: `${node.name}.console`, node: node.name });
    this.#console = new ConsoleHub(node.name, sink, `${logs.directory}/${node.name}.console.txt`);
  }

  get state(): MachineState {
    if (this.#power !== "on") return this.#power;
    return this.#run?.machine.state === "paused" ? "paused" : "running";
  }

  /** Of the run, as far as there is one. */
  get accelerator(): "kvm" | "tcg" | undefined {
    return this.#run?.acceleration.accelerator;
  }

  async addInterface(one: Interface): Promise<void> {
    // QEMU before 8.0 writes the header of offload into its dumps, in front of each frame.
    const tap = this.#options.panel.createTap(this.#node.name, one, !this.#node.vm.dump);
    this.#taps.set(one.name, { one, tap });
    const machine = this.#run?.machine;
    if (machine === undefined) return;
    await machine.addNic(this.#nic(one), tap.fd);
    await machine.setLink(one.name, this.#hasBegun && this.#hasCarrier(one.name));
  }

  async removeInterface(one: Interface): Promise<void> {
    await this.#run?.machine.removeNic(one.name);
    this.#taps.delete(one.name);
    this.#options.panel.removeInterface(this.#node.name, one);
  }

  configureInterface(from: Interface, to: Interface): void {
    const known = this.#taps.get(to.name);
    if (known !== undefined) this.#taps.set(to.name, { ...known, one: to });
    this.#options.panel.configureInterface(this.#node.name, from, to);
  }

  configure(_from: Machine, to: Machine): void {
    if (isAppliance(to)) this.#node = to;
  }

  async start(node: Machine): Promise<void> {
    if (isAppliance(node)) this.#node = node;
    await this.#options.panel.settled();
    await this.#startMachine();
    this.#options.events.record("node.started", this.#node.name, `${this.#node.name} started`);
  }

  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    this.#power = "off";
    await run?.machine.quit();
  }

  async powerOff(how: "stop" | "kill"): Promise<void> {
    const machine = this.#run?.machine;
    this.#run = undefined;
    this.#power = "off";
    if (how === "kill") {
      machine?.kill();
      await machine?.ended;
    } else if (machine !== undefined) await this.#shutDown(machine);
    this.#options.panel.links.carrier.setPower(this.#node.name, false);
  }

  async powerOn(): Promise<void> {
    await this.stop();
    this.#options.panel.links.carrier.setPower(this.#node.name, true);
    await this.start(this.#node);
  }

  async freeze(frozen: boolean): Promise<void> {
    const machine = this.#run?.machine;
    if (machine === undefined) return;
    if (frozen) await machine.pause();
    else if (machine.state === "paused") await this.#resume(machine);
  }

  async openConsole(): Promise<ConsoleHub> {
    return this.#console;
  }

  setCarrier(name: string, up: boolean): void {
    if (!this.#hasBegun) return;
    // A machine that has just ended needs no telling.
    void this.#run?.machine.setLink(name, up).catch(() => undefined);
  }

  /** As by the reset button. @throws VM_OFF */
  async reset(): Promise<void> {
    await this.#running().reset();
  }

  /** Saves disks and memory under a name, or puts them back. @throws VM_OFF, QMP_REFUSED */
  async snapshot(action: "save" | "restore", name: string): Promise<void> {
    const machine = this.#running();
    if (action === "save") await machine.snapshot(name);
    else await machine.restore(name);
  }

  /** By the guest's agent. @throws COPY_UNSUPPORTED, NODE_OFF, VM_PAUSED, VM_AGENT_SILENT */
  async transferFiles(request: FileRequest, connection: Socket): Promise<void> {
    const { name, vm } = this.#node;
    if (!vm.guestAgent) {
      throw labError("COPY_UNSUPPORTED", {
        node: name,
        what: "a virtual machine without a port for QEMU's guest agent",
        instead:
          "Add `guest-agent: true` to it in the lab file, and the package qemu-guest-agent in the guest. Or send files through its network (scp).",
      });
    }
    const machine = this.#run?.machine;
    if (machine?.agent === undefined) throw labError("NODE_OFF", { node: name });
    if (machine.state === "paused") throw labError("VM_PAUSED", { node: name });
    await transferInGuest(name, request, connection, machine.agent);
  }

  async inspect(): Promise<Record<string, unknown>> {
    const run = this.#run;
    const vm = {
      program,
      disks: this.#node.vm.disks,
      memoryMiB: this.#node.vm.memoryMiB,
      cpus: this.#node.vm.cpus,
      consoleViewers: this.#console.viewers,
    };
    if (run === undefined)
      return { ...vm, ...(this.#lastError === undefined ? {} : { error: this.#lastError.message }) };
    const { machine, acceleration } = run;
    return {
      ...vm,
      version: machine.version,
      pid: machine.pid,
      accelerator: acceleration.accelerator,
      acceleration: acceleration.reason,
      status: await machine.qmp.execute("query-status"),
    };
  }

  kill(): void {
    this.#run?.machine.kill();
  }

  async remove(): Promise<void> {
    await this.stop();
    this.#storage?.storage.close();
    this.#storage = undefined;
    this.#options.panel.removeMachine(this.#node.name);
    this.#netns.close();
  }

  async #resume(machine: VirtualMachine): Promise<void> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      for (const name of this.#taps.keys()) if (this.#hasCarrier(name)) await machine.setLink(name, true);
    }
    await machine.resume();
  }

  #running(): VirtualMachine {
    if (this.#run === undefined) throw labError("VM_OFF", { node: this.#node.name });
    return this.#run.machine;
  }

  async #startMachine(): Promise<void> {
    const { name, vm } = this.#node;
    const { join } = this.#options;
    const acceleration: Acceleration =
      vm.acceleration === "auto"
        ? await this.#options.acceleration()
        : { accelerator: vm.acceleration, reason: "the lab file says so" };
    const storage = this.#openStorage();
    const taps = [...this.#taps.values()];
    // What came while nobody was there is not for the guest that comes now.
    for (const { tap } of taps) while (tap.receive() !== undefined);
    const machine = await VirtualMachine.start(this.#describe(storage, acceleration), {
      netns: this.#netns,
      storage,
      taps: taps.map(({ tap }) => tap.fd),
      environment: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
      ...(join === undefined ? {} : { join: (pid: number) => join(name, pid) }),
    });
    const run = { machine, acceleration };
    this.#run = run;
    this.#hasBegun = false;
    this.#power = "on";
    this.#lastError = undefined;
    this.#console.connect(machine.console);
    void machine.ended.then((end) => this.#noticeEnd(run, end));
    try {
      // Until the guest begins; or it would get then what came before it.
      for (const { one } of taps) await machine.setLink(one.name, false);
      if (!vm.startPaused) await this.#resume(machine);
    } catch (error) {
      if (this.#run === run) this.#run = undefined;
      this.#power = "failed";
      machine.kill();
      throw error;
    }
    this.#options.events.record(
      "node.changed",
      name,
      `${name} is run by ${acceleration.accelerator}: ${acceleration.reason}`,
      {
        accelerator: acceleration.accelerator,
      },
    );
  }

  /** Overlays and variables stay through power-offs, as long as the node is to have the same. */
  #openStorage(): VmStorage {
    const { name, vm, hostname, interfaces, routes } = this.#node;
    const seed =
      vm.seed === undefined
        ? undefined
        : { hostname, interfaces: [...this.#taps.values()].map(({ one }) => one), routes, ...vm.seed };
    const of = JSON.stringify({ disks: vm.disks, firmware: vm.firmware, seed, interfaces: seed && interfaces });
    if (this.#storage?.of === of) return this.#storage.storage;
    this.#storage?.storage.close();
    this.#storage = undefined;
    const instanceId = `${name}-${createHash("sha256").update(of).digest("hex").slice(0, 16)}`;
    const storage = new VmStorage({
      node: name,
      disks: vm.disks.map(({ image, format, sizeBytes }) => ({
        ...(image === undefined ? {} : { image: { path: image, ...(format === undefined ? {} : { format }) } }),
        ...(sizeBytes === undefined ? {} : { bytes: sizeBytes }),
      })),
      ...(vm.firmware === "uefi" ? { variables: findUefi(name).variables } : {}),
      ...(seed === undefined ? {} : { seed: seedVolume({ instanceId, ...seed }) }),
      folder: this.#options.folder,
    });
    this.#storage = { of, storage };
    return storage;
  }

  #describe(storage: VmStorage, { accelerator }: Acceleration): VmDescription {
    const { name, vm } = this.#node;
    return {
      name,
      program,
      machine: vm.machine,
      accelerator,
      ...(vm.cpuModel === undefined ? {} : { cpuModel: vm.cpuModel }),
      cpus: vm.cpus,
      memoryMiB: vm.memoryMiB,
      firmware: vm.firmware === "uefi" ? { type: "uefi", code: findUefi(name).code } : { type: "bios" },
      ...(vm.kernel === undefined ? {} : { kernel: vm.kernel }),
      disks: vm.disks.map(({ image, bus }, index) => {
        const format = storage.disks[index]?.format;
        return { bus, ...(image === undefined || format === undefined ? {} : { image: { path: image, format } }) };
      }),
      ...(vm.seed === undefined ? {} : { seed: { bus: vm.disks[0]?.bus ?? "virtio" } }),
      nics: [...this.#taps.values()].map(({ one }) => this.#nic(one)),
      guestAgent: vm.guestAgent,
      spareSlots: vm.machine.startsWith("q35") ? spareSlots : 0,
      extraArguments: vm.arguments,
    };
  }

  #nic({ name, mac, mtu }: Interface): Nic {
    const { vm, name: node } = this.#node;
    const dump = vm.dump ? { dump: `${this.#options.logs.directory}/${node}.${name}.pcap` } : {};
    return { name, model: vm.nic, mac, mtu, ...dump };
  }

  #hasCarrier(name: string): boolean {
    return this.#options.panel.links.hasCarrier({ node: this.#node.name, interface: name });
  }

  async #shutDown(machine: VirtualMachine): Promise<void> {
    const { name } = this.#node;
    try {
      await machine.powerDown(powerDownMs);
    } catch {
      this.#options.events.record(
        "node.changed",
        name,
        `${name} did not obey its power button within ${powerDownMs / 1000} s, and was switched off`,
      );
      await machine.quit();
    }
  }

  /** A machine that powers off by itself is off; one that dies has failed. Either way its links lose carrier. */
  #noticeEnd(run: Run, end: VmEnd): void {
    if (this.#run !== run) return;
    this.#run = undefined;
    this.#power = end.state;
    const { name } = this.#node;
    this.#options.panel.links.carrier.setPower(name, false);
    if (end.state === "failed") {
      this.#lastError = end.error;
      this.#options.events.record("node.failed", name, end.error.message);
    } else
      this.#options.events.record("node.changed", name, `${name} switched itself off (${end.reason})`, {
        action: "off",
      });
  }
}
