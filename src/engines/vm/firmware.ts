import { existsSync } from "node:fs";
import { labError } from "../../topology/index.ts";

/** UEFI firmware: a program, and the variables that a machine begins with. */
export type UefiFirmware = { readonly code: string; readonly variables: string };

/** Where distributions put OVMF for x86-64, without Secure Boot, the newer size of flash first. */
const places: readonly UefiFirmware[] = [
  { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/usr/share/OVMF/OVMF_VARS_4M.fd" },
  { code: "/usr/share/OVMF/OVMF_CODE.fd", variables: "/usr/share/OVMF/OVMF_VARS.fd" },
  { code: "/usr/share/edk2/ovmf/OVMF_CODE.fd", variables: "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
  { code: "/usr/share/edk2/x64/OVMF_CODE.4m.fd", variables: "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
  { code: "/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", variables: "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd" },
  { code: "/usr/share/qemu/ovmf-x86_64-code.bin", variables: "/usr/share/qemu/ovmf-x86_64-vars.bin" },
];

/**
 * The UEFI firmware of this machine.
 *
 * @param node for the error
 * @throws VM_FIRMWARE_MISSING
 */
export function findUefi(node: string, exists: (path: string) => boolean = existsSync): UefiFirmware {
  const found = places.find(({ code, variables }) => exists(code) && exists(variables));
  if (found === undefined) throw labError("VM_FIRMWARE_MISSING", { node, tried: places.map(({ code }) => code) });
  return found;
}
