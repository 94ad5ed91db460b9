import { NetwrightError } from "../topology/errors/error.ts";
import type { ContainerEngine } from "./engine.ts";
import { type ContainerIdentity, labels } from "./labels.ts";

/** Which containers: those of one run of a lab, or all of a user's that are registered in one place. */
export type Whose = Pick<ContainerIdentity, "runtime"> &
  Partial<ContainerIdentity> & { readonly role?: "keeper" | "node" };

const labelsFor = ({ lab, uid, claim, runtime, role }: Whose): Readonly<Record<string, string>> => ({
  [labels.runtime]: runtime,
  ...(lab === undefined ? {} : { [labels.lab]: lab }),
  ...(uid === undefined ? {} : { [labels.owner]: String(uid) }),
  ...(claim === undefined ? {} : { [labels.claim]: claim }),
  ...(role === undefined ? {} : { [labels.role]: role }),
});

/**
 * Removes containers of labs, all at once, and goes on when one cannot be removed.
 *
 * @param isDead which of them to remove, by their lab and claim; all when absent
 * @returns the labs whose containers were removed, and what went wrong
 */
export async function removeContainers(
  engine: ContainerEngine,
  whose: Whose,
  isDead: (lab: string, claim: string) => boolean = () => true,
): Promise<{ readonly labs: readonly string[]; readonly errors: readonly NetwrightError[] }> {
  const there = await engine.list(labelsFor(whose));
  const dead = there.filter(({ Labels }) => isDead(Labels[labels.lab] ?? "", Labels[labels.claim] ?? ""));
  const errors: NetwrightError[] = [];
  await Promise.all(
    dead.map(async ({ Id, Labels }) => {
      try {
        await engine.remove(`Removing a container of lab "${Labels[labels.lab]}"`, Id);
      } catch (error) {
        if (!(error instanceof NetwrightError)) throw error;
        errors.push(error);
      }
    }),
  );
  return { labs: [...new Set(dead.map(({ Labels }) => Labels[labels.lab] ?? ""))].toSorted(), errors };
}
