export { type DhcpPlaces, dhcpClients } from "./dhcp-client.ts";
export type { HostFacts, Kind, Preparation, Service } from "./kind.ts";
export { configOf, configured, kindOf, needsOf, prepare, prepareKind } from "./registry.ts";
