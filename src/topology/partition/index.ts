export * from "./cuts.ts";
export * from "./make.ts";
export { healed, type Partition } from "./partition.ts";
export type { Port } from "./segments.ts";
