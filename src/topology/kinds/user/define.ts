import type { KindFacts } from "../kind.ts";
import type { KindFile, KindParts } from "./kind-file.ts";

/** What `kinds/NAME/kind.ts` exports: the keys of a kind file, or `make` for what its nodes have and run. */
export type UserKind = Omit<KindFile, "make"> & {
  /**
   * What a node of the kind has and runs. It is called when a lab file is read, and must give the same
   * each time.
   *
   * @param options what the node says, defaults filled in
   */
  readonly make?: (options: Readonly<Record<string, never>>, facts: KindFacts) => KindParts;
};

/** Types a kind that a TypeScript or JavaScript module defines. Nothing is checked here: that happens when a lab file names it. */
export const defineKind = (kind: UserKind): UserKind => kind;
