/**
 * What a topology is made of. Reading lab files is apart, in load.ts: it brings the schemas and the YAML
 * parser, which a supervisor has no use for.
 */
export { formatAddress, parseAddress } from "./address.ts";
export * from "./capture/index.ts";
export * from "./define.ts";
export * from "./drawing/index.ts";
export * from "./errors/catalogue.ts";
export * from "./errors/error.ts";
export * from "./errors/render.ts";
export * from "./faults/index.ts";
export * from "./frr/index.ts";
export { type GroupLimit, groupLimitsOf, listed } from "./group-limits.ts";
export * from "./image/index.ts";
export * from "./impairment/index.ts";
export * from "./kinds/index.ts";
export * from "./login-shell.ts";
export * from "./model.ts";
export * from "./nearest.ts";
export * from "./order.ts";
export * from "./partition/index.ts";
export * from "./plan/index.ts";
export * from "./reach/index.ts";
export * from "./requires/index.ts";
export * from "./resources.ts";
export * from "./selection.ts";
export { formatSize } from "./size.ts";
export * from "./steps.ts";
export * from "./switch/model.ts";
export * from "./sysctl.ts";
