export { NamespaceMachine, type Premises } from "./namespace/machine.ts";
export { EtcTemplate } from "./namespace/root/etc.ts";
export { type Program, type ProgramExit, type ProgramRequest, shellStatus, type TerminalSize } from "./program.ts";
export { type Acceleration, chooseAcceleration } from "./vm/acceleration.ts";
export type { Nic, VmDescription } from "./vm/description.ts";
export { findUefi } from "./vm/firmware.ts";
export { VirtualMachine, type VmEnd } from "./vm/machine.ts";
export { seedVolume } from "./vm/seed/cloud-init.ts";
export { VmStorage } from "./vm/storage.ts";
