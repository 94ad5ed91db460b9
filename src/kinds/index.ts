export type { HostFacts, Kind, Preparation, Service } from "./kind.ts";
export { kindOf } from "./registry.ts";
