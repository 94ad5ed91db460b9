import { type Machine, runsPrograms } from "../../model.ts";
import { interfaceOfSysctl } from "../../sysctl.ts";

/** The kernel settings of a machine whose interface (undefined: the whole namespace) is `wanted`. */
export function sysctlsFor(machine: Machine, wanted: (name: string | undefined) => boolean): Record<string, string> {
  if (!runsPrograms(machine)) return {};
  return Object.fromEntries(Object.entries(machine.sysctls).filter(([key]) => wanted(interfaceOfSysctl(key))));
}
