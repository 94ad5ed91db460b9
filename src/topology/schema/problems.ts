import type * as z from "zod";
import { nearest } from "../nearest.ts";

/** What is wrong with the form of something, and where in it. */
export type FormProblem = {
  readonly path: readonly (string | number)[];
  /** A sentence without its full stop. */
  readonly problem: string;
  /** A sentence. */
  readonly remedy: string;
};

/** Issues of a schema in words. @param whole what is checked, as in "A kind" */
export function formProblems(issues: readonly z.core.$ZodIssue[], whole: string): readonly FormProblem[] {
  return issues.flatMap((issue): readonly FormProblem[] => {
    const path = issue.path as readonly (string | number)[];
    const where = path.length === 0 ? whole : path.join(".");
    if (issue.code === "unrecognized_keys") {
      const allowed = issue.message.split(" ");
      return issue.keys.map((key) => {
        const suggestion = nearest(key, allowed);
        return {
          path: [...path, key],
          problem: `${where} has no "${key}"`,
          remedy: suggestion === undefined ? `It has ${allowed.join(", ")}.` : `Did you mean "${suggestion}"?`,
        };
      });
    }
    const inner = issue.code === "invalid_union" ? issue.errors.flat().find((one) => one.path.length > 0) : undefined;
    if (inner !== undefined && issue.code === "invalid_union")
      return formProblems([{ ...inner, path: [...path, ...inner.path] } as z.core.$ZodIssue], whole);
    return [{ path, problem: `${where} is not what it should be`, remedy: `It takes ${issue.message}.` }];
  });
}
