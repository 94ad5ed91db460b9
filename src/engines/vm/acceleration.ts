import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { bootProbe } from "./boot-probe.ts";

/** How machines are run here, and why. */
export type Acceleration = {
  readonly accelerator: "kvm" | "tcg";
  /** E.g. `a guest booted with KVM in 120 ms`, `there is no /dev/kvm`. */
  readonly reason: string;
};

const device = "/dev/kvm";
/** By how much KVM may be slower than emulation, in a boot that takes neither of them a second. */
const slowerMs = 1_000;

/**
 * Chooses KVM only where a guest really boots with it, and no slower than by emulation: nested
 * virtualisation may be there and open, and so slow that ordinary guests seem to hang.
 *
 * @param qemu path or name of the program
 */
export async function chooseAcceleration(qemu: string): Promise<Acceleration> {
  const emulate = (reason: string): Acceleration => ({ accelerator: "tcg", reason });
  const problem = await closed();
  if (problem !== undefined) return emulate(problem);
  // Both at once: emulation says how long to wait for KVM.
  const enough = new AbortController();
  const kvm = bootProbe(qemu, "kvm", { signal: enough.signal });
  const tcg = await bootProbe(qemu, "tcg");
  const timer = setTimeout(() => enough.abort(), slowerMs);
  const result = await kvm;
  clearTimeout(timer);
  if (result.booted) return { accelerator: "kvm", reason: `a guest booted with KVM in ${result.afterMs} ms` };
  if (result.how === "failed") return emulate(`${device} is there, but ${result.detail}`);
  const emulated = tcg.booted ? `and one without in ${tcg.afterMs} ms` : "";
  return emulate(`${device} is there, but a guest did not boot with it in ${result.afterMs} ms ${emulated}`.trim());
}

async function closed(): Promise<string | undefined> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? `there is no ${device}` : `${device} is closed to you`;
  }
}
