import type * as z from "zod";
import { parseSize } from "../size.ts";
import type { requiresForm } from "./form.ts";

/** What the machine that runs the lab must have. */
export type HostRequirements = {
  /** `>= 5.15` */
  readonly kernel?: string;
  /** Bounds by dotted name (`parseBounds`). */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly modules: readonly string[];
  /** Available, in bytes. */
  readonly memoryBytes?: number;
  readonly programs: readonly string[];
};

export function requirementsOf({ kernel, sysctls, modules, memory, programs }: z.input<typeof requiresForm>) {
  const memoryBytes = memory === undefined ? undefined : parseSize(memory);
  return {
    ...(kernel === undefined ? {} : { kernel: kernel.trim() }),
    sysctls: Object.fromEntries(Object.entries(sysctls ?? {}).map(([name, bounds]) => [name, String(bounds).trim()])),
    modules: modules ?? [],
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    programs: programs ?? [],
  } satisfies HostRequirements;
}
