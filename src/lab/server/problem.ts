import * as z from "zod";
import type { Problem } from "../../api/index.ts";
import { LabFileError, NetwrightError } from "../../topology/index.ts";

/** A request that cannot be understood, with its HTTP status. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

const statusByExitCode = { 1: 409, 2: 422, 3: 500 } as const;

/** An error as problem details (RFC 9457). An error that is none of the catalogue's is a fault of ours: 500. */
export function problemOf(error: unknown): Problem {
  if (error instanceof NetwrightError) {
    const report = error.toReport();
    return {
      type: `urn:netwright:error:${error.code}`,
      title: error.code,
      status: error.code.endsWith("_NOT_FOUND") ? 404 : (statusByExitCode[error.exitCode as 1 | 2 | 3] ?? 500),
      code: error.code,
      detail: report.message,
      ...(report.remedy === undefined ? {} : { remedy: report.remedy }),
      ...(report.at === undefined ? {} : { at: report.at }),
    };
  }
  if (error instanceof LabFileError) {
    const problem = problemOf(error.errors[0]);
    return error.errors.length === 1 ? problem : { ...problem, errors: error.errors.map((one) => one.toReport()) };
  }
  if (error instanceof z.ZodError) {
    return {
      type: "about:blank",
      title: "BAD_REQUEST",
      status: 400,
      code: "BAD_REQUEST",
      detail: z.prettifyError(error),
    };
  }
  if (error instanceof BadRequest || error instanceof URIError) {
    const status = error instanceof BadRequest ? error.status : 400;
    return { type: "about:blank", title: "BAD_REQUEST", status, code: "BAD_REQUEST", detail: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: "about:blank", title: "INTERNAL", status: 500, code: "INTERNAL", detail: message };
}
