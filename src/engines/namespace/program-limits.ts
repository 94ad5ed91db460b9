import { childrenOf, getLimit, KernelError, type Resource, setLimit } from "../../kernel/index.ts";

/** Limits of each program of a node, which its children inherit and nobody in the lab can raise. Absent: as this machine has it. */
export type ProgramLimits = { readonly [Which in Extract<Resource, "dataBytes" | "openFiles" | "processes">]?: number };

/**
 * Sets the limits of a program that has just started, and of what it may have started by now.
 *
 * A limit that this machine has lower stays lower. Raising one again takes a right over the whole
 * machine (CAP_SYS_RESOURCE, prlimit(2)), which root of a lab does not have.
 *
 * @param pid as this process sees it
 */
export function limitProgram(pid: number | undefined, limits: ProgramLimits): void {
  const wanted = Object.entries(limits) as [keyof ProgramLimits, number][];
  if (pid === undefined || wanted.length === 0) return;
  for (const [resource, most] of wanted) {
    try {
      const hard = Math.min(most, getLimit(resource, pid).hard);
      setLimit(resource, { soft: hard, hard }, pid);
    } catch (error) {
      // It has ended already: ESRCH.
      if (error instanceof KernelError && error.errno === 3) return;
      throw error;
    }
  }
  for (const child of childrenOf(pid)) limitProgram(child, limits);
}
