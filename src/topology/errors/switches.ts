import { entry } from "./entry.ts";

/** Errors of running switches. */
export const switchErrors = {
  OVS_MISSING: entry<{ switch: string; program: string }>({
    exitCode: 3,
    message: ({ switch: name, program }) =>
      `Switch ${name} is on Open vSwitch (driver: ovs), which is not installed: there is no ${program}.`,
    remedy: () => "sudo apt-get install openvswitch-switch, or use driver: bridge.",
  }),
  OVS_NOT_STARTED: entry<{ program: string; how: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ program, how, lastLines }) =>
      [`Open vSwitch did not start: ${program} ${how}.`, ...lastLines.map((line) => `  ${line}`)].join("\n"),
    remedy: () => "All that it said: netwright logs ovs",
  }),
  OVS_REFUSED: entry<{ reason: string }>({
    exitCode: 1,
    message: ({ reason }) => `Open vSwitch refused: ${reason}`,
    remedy: () => "What else it said: netwright logs ovs",
  }),
  OVS_ENDED: entry<{ program: string; how: string }>({
    exitCode: 1,
    message: ({ program, how }) =>
      `Open vSwitch no longer runs (${program} ended: ${how}), so nothing can be changed at its switches.`,
    remedy: () => "Take the lab down and up again. What it said: netwright logs ovs",
  }),
  FLOWS_REFUSED: entry<{ switch: string; reason: string; line?: string }>({
    exitCode: 1,
    message: ({ switch: name, reason, line }) =>
      [`The flows of ${name} are refused: ${reason}`, ...(line === undefined ? [] : [`  ${line}`])].join("\n"),
    remedy: () => "How flows are written: ovs-fields(7), ovs-actions(7), and Flow Syntax in ovs-ofctl(8).",
  }),
  BRIDGE_WITHOUT_VLANS: entry<{ switch: string }>({
    exitCode: 3,
    message: ({ switch: name }) => `Switch ${name} has VLANs, which Linux bridges of this kernel do not know.`,
    remedy: () => "Add driver: ovs to the switch, or use a kernel with CONFIG_BRIDGE_VLAN_FILTERING.",
  }),
} as const;
