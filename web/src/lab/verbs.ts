import type { NodeAction } from "../../../src/api/index.ts";

/** What a person can do to a lab that runs, from menus and panels alike. */
export type LabVerbs = {
  readonly setLink: (link: string, state: "up" | "down") => void;
  readonly clearImpairment: (link: string) => void;
  readonly act: (node: string, action: NodeAction) => void;
  readonly partition: (words: readonly string[]) => void;
  readonly openTerminal: (node: string) => void;
  /** In the tab that is shown, beside what is there. */
  readonly openBeside: (node: string) => void;
  readonly openConsole: (node: string) => void;
  /** A link's id, or an interface. */
  readonly capture: (target: string) => void;
  readonly impair: (link: string) => void;
};
