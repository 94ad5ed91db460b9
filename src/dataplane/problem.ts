import type { DataplaneProblem } from "./contract.ts";

/** A request that cannot be met; nothing was changed. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: DataplaneProblem;

  constructor(code: DataplaneProblem["code"], message: string, subject?: string) {
    super(message);
    this.problem = { code, message, ...(subject === undefined ? {} : { subject }) };
  }
}
