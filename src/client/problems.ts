import type { Problem } from "../api/resources.ts";
import { catalogue, type ErrorCode } from "../topology/errors/catalogue.ts";
import { NetwrightError, type SourcePosition } from "../topology/errors/error.ts";

/** An ErrorReport as it comes out of JSON and schemas. */
export type ReceivedReport = { readonly code: string; readonly message: string } & {
  readonly [Key in "remedy" | "at"]?: Problem[Key];
} & {
  readonly causes?: readonly string[] | undefined;
};

/**
 * An error that crossed the lab API or the launch protocol, as it was on the other side: code, message,
 * remedy and position are kept, the exit code comes from the catalogue, or is that of a mistake in a file.
 */
export function errorFrom(report: ReceivedReport): NetwrightError {
  // What has a place is a mistake in a file, whatever else the code is used for.
  const known = report.code in catalogue ? catalogue[report.code as ErrorCode].exitCode : 1;
  const exitCode = report.at === undefined ? known : 2;
  return new NetwrightError(report.code as ErrorCode, report.message, {
    exitCode,
    ...(report.remedy === undefined ? {} : { remedy: report.remedy }),
    ...(report.at === undefined ? {} : { at: report.at as SourcePosition }),
    ...(report.causes === undefined
      ? {}
      : {
          cause: new AggregateError(
            report.causes.map((cause) => new Error(cause)),
            report.causes.join("; "),
          ),
        }),
  });
}

/** The error that an answer's body tells (RFC 9457); undefined where it is none of ours. */
export function problemIn(body: string): NetwrightError | undefined {
  try {
    const { code, detail, remedy } = JSON.parse(body) as Problem;
    if (code === undefined) return undefined;
    return errorFrom({ code, message: detail, ...(remedy === undefined ? {} : { remedy }) });
  } catch {
    return undefined;
  }
}

/** One error, or all of them as an AggregateError whose exit code is the first's. */
export function errorFromAll(reports: readonly ReceivedReport[]): Error {
  const errors = reports.map(errorFrom);
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  return new AggregateError(errors, errors.map((error) => error.message).join("\n"));
}
