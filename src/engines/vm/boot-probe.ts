import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a guest that was booted to see whether it can be ended. */
export type BootResult =
  | { readonly booted: true; readonly afterMs: number }
  /** `hung`: it neither ended nor failed in time, which broken KVM does. */
  | { readonly booted: false; readonly how: "hung" | "failed"; readonly afterMs: number; readonly detail: string };

const bootMs = 10_000;

/**
 * A whole guest in one boot sector (512 bytes, signature 55 aa): it writes 0x2a to I/O port 0xf4,
 * where QEMU's isa-debug-exit device ends the machine with exit code 2 × 0x2a + 1.
 */
const guest = (() => {
  const sector = Buffer.alloc(512);
  // mov dx, 0xf4; mov al, 0x2a; out dx, al; hlt; jmp back to hlt
  Buffer.of(0xba, 0xf4, 0x00, 0xb0, 0x2a, 0xee, 0xf4, 0xeb, 0xfd).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
})();
const guestExitCode = 2 * 0x2a + 1;

/**
 * Boots a guest of a few instructions and waits for it to say that it ran: a device file that can be
 * opened, or a program that prints its version, does not show that machines run.
 *
 * @param qemu path of qemu-system-x86_64
 * @param accelerator as in QEMU's -accel
 * @param options.signal ends the wait early; the guest then hangs
 */
export async function bootProbe(
  qemu: string,
  accelerator: "kvm" | "tcg",
  options: { readonly signal?: AbortSignal } = {},
): Promise<BootResult> {
  const folder = await mkdtemp(join(tmpdir(), "netwright-boot-"));
  try {
    const disk = join(folder, "guest.img");
    await writeFile(disk, guest);
    const argv = [
      ...["-accel", accelerator, "-machine", "pc", "-m", "16", "-nodefaults", "-display", "none", "-no-reboot"],
      ...["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-drive", `file=${disk},format=raw,if=ide`],
    ];
    return await boot(qemu, argv, options.signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function boot(qemu: string, argv: readonly string[], signal: AbortSignal | undefined): Promise<BootResult> {
  const startedAt = Date.now();
  const machine = spawn(qemu, argv, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  machine.stderr.on("data", (data: Buffer) => {
    said = `${said}${data}`.slice(-1_000);
  });
  let hung = false;
  const giveUp = () => {
    hung = true;
    machine.kill("SIGKILL");
  };
  const timer = setTimeout(giveUp, bootMs);
  signal?.addEventListener("abort", giveUp, { once: true });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  machine.once("error", (error) => {
    said = error.message;
    resolve(null);
  });
  machine.once("close", (code) => resolve(code));
  const code = await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", giveUp);
  const afterMs = Date.now() - startedAt;
  if (code === guestExitCode) return { booted: true, afterMs };
  if (hung) return { booted: false, how: "hung", afterMs, detail: `a guest did not run within ${afterMs} ms` };
  return {
    booted: false,
    how: "failed",
    afterMs,
    detail: said.trim().split("\n").at(-1) || `QEMU ended with exit code ${code}`,
  };
}
