import type { LabDefinition } from "./schema/lab.ts";

export type { LabDefinition };

/**
 * Types a lab that a TypeScript or JavaScript module defines; `netwright up -f lab.ts` takes its default
 * export as it takes a lab file in YAML. Nothing is checked here: that happens when it is loaded.
 */
export const defineLab = (definition: LabDefinition): LabDefinition => definition;
