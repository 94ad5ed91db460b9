export * from "./describe.ts";
export * from "./directions.ts";
export * from "./impairment.ts";
export * from "./presets.ts";
export * from "./read.ts";
export type { BurstSettings, ImpairmentSettings, ReorderSettings } from "./settings.ts";
