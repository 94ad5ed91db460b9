export * from "./bounds.ts";
export type { HostRequirements } from "./requirements.ts";
