import type { Socket } from "node:net";
import { labError, type NetwrightError } from "../../topology/index.ts";
import { within } from "../deadline.ts";
import type { GuestAgent } from "./agent/agent.ts";
import { dumpId, netdevId, nicDevice, nicId, slotCount, slotId, slotsOf } from "./command-line.ts";
import type { Nic, VmDescription } from "./description.ts";
import { howEnded, Qemu, type QemuEnd, type QemuSurroundings } from "./qemu.ts";
import type { QmpClient } from "./qmp/client.ts";
import type { QmpEvent } from "./qmp/message.ts";

/** `paused`: the processors stand still. `off`: QEMU has ended, as it should. `failed`: it ended, as it should not. */
export type VmState = "paused" | "running" | "off" | "failed";

/** How a machine ended. */
export type VmEnd =
  /** `reason`: as QEMU says it, e.g. `guest-shutdown`, `host-qmp-quit`. */
  { readonly state: "off"; readonly reason: string } | { readonly state: "failed"; readonly error: NetwrightError };

const quitMs = 5_000;
const unplugMs = 10_000;
const snapshotMs = 120_000;

/** One run of a virtual machine, from power-on to power-off. */
export class VirtualMachine {
  /** Resolves when the machine is off, however that came. */
  readonly ended: Promise<VmEnd>;
  readonly #name: string;
  readonly #qemu: Qemu;
  readonly #description: VmDescription;
  readonly #nics = new Set<string>();
  readonly #slots: Map<string, number>;
  #state: VmState = "paused";
  #shutdownReason: string | undefined;
  #hasPanicked = false;
  #isKilled = false;
  #jobs = 0;

  private constructor(description: VmDescription, qemu: Qemu) {
    this.#name = description.name;
    this.#description = description;
    this.#qemu = qemu;
    for (const { name } of description.nics) this.#nics.add(name);
    this.#slots = new Map(slotsOf(description));
    qemu.qmp.onEvent((event) => this.#follow(event));
    // Without control of it, it is not the lab's machine any more.
    void qemu.qmp.lost.then(() => setTimeout(() => qemu.kill(), quitMs).unref());
    this.ended = qemu.ended.then((end) => {
      const result = this.#endOf(end);
      this.#state = result.state;
      qemu.qmp.close();
      qemu.agent?.close();
      return result;
    });
  }

  /**
   * Starts a machine, its processors stopped: `resume` lets it run.
   *
   * @throws PROGRAM_MISSING, VM_NOT_STARTED
   */
  static async start(description: VmDescription, surroundings: QemuSurroundings): Promise<VirtualMachine> {
    return new VirtualMachine(description, await Qemu.start(description, surroundings));
  }

  get state(): VmState {
    return this.#state;
  }

  get pid(): number {
    return this.#qemu.pid;
  }

  get version(): string {
    return this.#qemu.qmp.version;
  }

  get qmp(): QmpClient {
    return this.#qemu.qmp;
  }

  /** The guest's serial console, both ways; paused until it is read. */
  get console(): Socket {
    return this.#qemu.console;
  }

  /** A connection to the guest's agent, whether it has one or not; none where the machine has no port for it. */
  get agent(): GuestAgent | undefined {
    return this.#qemu.agent;
  }

  /** Lets the processors run. */
  async resume(): Promise<void> {
    await this.qmp.execute("cont");
    if (this.#state === "paused") this.#state = "running";
  }

  /** Stops the processors where they are. */
  async pause(): Promise<void> {
    await this.qmp.execute("stop");
    if (this.#state === "running") this.#state = "paused";
  }

  /** As by the reset button. */
  async reset(): Promise<void> {
    await this.qmp.execute("system_reset");
  }

  /**
   * Presses the power button (ACPI) and waits until the machine is off.
   *
   * @throws TIMED_OUT when the guest does not follow; it goes on running then
   */
  async powerDown(withinMs: number): Promise<VmEnd> {
    if (this.#state === "paused") await this.resume();
    await this.qmp.execute("system_powerdown");
    return this.waitForEnd(withinMs);
  }

  /** Waits until the machine is off by itself. @throws TIMED_OUT */
  waitForEnd(withinMs: number): Promise<VmEnd> {
    return within(`The end of the virtual machine ${this.#name}`, withinMs, this.ended);
  }

  /** Takes its power: QEMU ends, by itself or by force. */
  async quit(): Promise<VmEnd> {
    await this.qmp.execute("quit", {}, { withinMs: quitMs }).catch(() => {});
    try {
      return await within("QEMU's end", quitMs, this.ended);
    } catch {
      this.kill();
      return this.ended;
    }
  }

  /** SIGKILL, without waiting. */
  kill(): void {
    this.#isKilled = true;
    this.#qemu.kill();
  }

  /** Tells the guest whether a NIC has carrier. Without, frames for it are lost, and not kept for later. */
  async setLink(nic: string, up: boolean): Promise<void> {
    if (!this.#nics.has(nic)) return;
    await this.qmp.execute("set_link", { name: netdevId(nic), up });
  }

  /**
   * Plugs a NIC into the running machine.
   *
   * @param tap a tap that was opened in the panel
   * @throws QMP_REFUSED when the machine has no room for it
   */
  async addNic(nic: Nic, tap: number): Promise<void> {
    const netdev = netdevId(nic.name);
    const slot = this.#freeSlot();
    await this.qmp.execute("getfd", { fdname: netdev }, { descriptor: tap });
    await this.qmp.execute("netdev_add", { type: "tap", id: netdev, fd: netdev });
    try {
      if (nic.dump !== undefined)
        await this.qmp.execute("object-add", {
          "qom-type": "filter-dump",
          id: dumpId(nic.name),
          netdev,
          file: nic.dump,
        });
      await this.qmp.execute("device_add", nicDevice(nic, slot === undefined ? undefined : slotId(slot)));
    } catch (error) {
      await this.qmp.execute("netdev_del", { id: netdev });
      throw error;
    }
    this.#nics.add(nic.name);
    if (slot !== undefined) this.#slots.set(nic.name, slot);
  }

  /**
   * Takes a NIC out of the running machine, with the guest's consent.
   *
   * @throws TIMED_OUT when the guest does not let go of it
   */
  async removeNic(name: string): Promise<void> {
    if (!this.#nics.has(name)) return;
    const device = nicId(name);
    const gone = this.qmp.event(
      `The guest of ${this.#name} letting go of ${name}`,
      unplugMs,
      (event) => event.name === "DEVICE_DELETED" && event.data["device"] === device,
    );
    gone.catch(() => {});
    await this.qmp.execute("device_del", { id: device });
    await gone;
    await this.qmp.execute("netdev_del", { id: netdevId(name) });
    this.#nics.delete(name);
    this.#slots.delete(name);
  }

  /** Saves disks and memory under a name, within the lab. */
  snapshot(tag: string): Promise<void> {
    return this.#job("snapshot-save", { tag, vmstate: "memory", devices: this.#snapshotDevices() });
  }

  /** Puts disks and memory back to what they were. @throws QMP_REFUSED when there is no such snapshot */
  async restore(tag: string): Promise<void> {
    const wasRunning = this.#state === "running";
    try {
      await this.#job("snapshot-load", { tag, vmstate: "memory", devices: this.#snapshotDevices() });
    } finally {
      // QEMU stops the machine for it, and leaves it so when it fails.
      if (wasRunning) await this.resume();
    }
  }

  #snapshotDevices(): readonly string[] {
    return [...this.#description.disks.map((_, index) => `disk${index}`), "memory"];
  }

  /** Runs a job of QEMU's to its end. */
  async #job(command: string, commandArguments: Readonly<Record<string, unknown>>): Promise<void> {
    const id = `job${++this.#jobs}`;
    const concluded = this.qmp.event(
      `${command} of ${this.#name}`,
      snapshotMs,
      (event) => event.name === "JOB_STATUS_CHANGE" && event.data["id"] === id && event.data["status"] === "concluded",
    );
    concluded.catch(() => {});
    await this.qmp.execute(command, { "job-id": id, ...commandArguments });
    await concluded;
    const jobs = (await this.qmp.execute("query-jobs")) as readonly { readonly id: string; readonly error?: string }[];
    await this.qmp.execute("job-dismiss", { id });
    const error = jobs.find((job) => job.id === id)?.error;
    if (error !== undefined) throw labError("QMP_REFUSED", { node: this.#name, command, reason: error });
  }

  #freeSlot(): number | undefined {
    if (this.#description.spareSlots === 0) return undefined;
    const count = slotCount(this.#description);
    const taken = new Set(this.#slots.values());
    const free = Array.from({ length: count }, (_, index) => index).find((index) => !taken.has(index));
    if (free !== undefined) return free;
    throw labError("QMP_REFUSED", {
      node: this.#name,
      command: "device_add",
      reason: `all ${count} slots for network cards are taken.`,
    });
  }

  #follow(event: QmpEvent): void {
    switch (event.name) {
      case "RESUME":
        this.#state = "running";
        return;
      case "STOP":
        this.#state = "paused";
        return;
      case "SHUTDOWN":
        this.#shutdownReason = String(event.data["reason"]);
        return;
      case "GUEST_PANICKED":
        this.#hasPanicked = true;
        return;
      default:
    }
  }

  #endOf(end: QemuEnd): VmEnd {
    const { lastLines } = this.#qemu;
    if (this.#isKilled) return { state: "off", reason: "killed" };
    if (this.#hasPanicked) return { state: "failed", error: labError("VM_PANICKED", { node: this.#name, lastLines }) };
    if (end.exitCode === 0 && this.#shutdownReason !== undefined) return { state: "off", reason: this.#shutdownReason };
    return { state: "failed", error: labError("VM_ENDED", { node: this.#name, how: howEnded(end), lastLines }) };
  }
}
