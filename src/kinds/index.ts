export type { HostFacts, Kind, Preparation, Service } from "./kind.ts";
export { configOf, configured, kindOf, prepare } from "./registry.ts";
