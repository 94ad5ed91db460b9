import type { Tables } from "./tables.ts";

/** What a lab's state is told by: not its texts, which are long. */
export const outlineColumns = ["id", "name", "run_name", "desired", "problem"] as const;
export type LabOutline = Pick<Tables["labs"], (typeof outlineColumns)[number]>;
