import * as z from "zod";
import type { ErrorCode } from "./catalogue.ts";
import { type ErrorReport, LabFileError, labError, NetwrightError, type SourcePosition } from "./error.ts";
import { mistakesIn } from "./issues.ts";

/** An error as problem details (RFC 9457), with the catalogue's code and remedy; the schema is `Problem` of the API. */
export type ProblemDetails = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  remedy?: string;
  at?: SourcePosition;
  errors?: ErrorReport[];
};

/** Statuses of HTTP (RFC 9110, 15) of errors whose exit code does not tell. */
const statuses: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  NOT_SIGNED_IN: 401,
  METRICS_NOT_SIGNED_IN: 401,
  SIGN_IN_LINK_SPENT: 401,
  HOST_NOT_SERVED: 421,
  SIGN_IN_REFUSED: 401,
  CSRF_TOKEN_WRONG: 403,
  NOT_ALLOWED: 403,
  METHOD_NOT_ALLOWED: 405,
  BODY_LENGTH_UNKNOWN: 411,
  CHANGED_MEANWHILE: 412,
  BODY_TOO_LONG: 413,
  MEDIA_TYPE_WRONG: 415,
  RANGE_UNSATISFIABLE: 416,
  SIGN_IN_LOCKED: 429,
  INTERNAL: 500,
  LAB_LOST: 502,
  LAB_UNRESPONSIVE: 502,
  IDENTITY_PROVIDER_FAILED: 502,
  KEYSTONE_FAILED: 502,
  AGENT_UNREACHABLE: 503,
  DATABASE_GONE: 503,
  DATABASE_UNUSABLE: 503,
  TIMED_OUT: 504,
  DATABASE_FULL: 507,
  DISK_FULL: 507,
};
/** Something failed; bad input; what this machine cannot do. */
const byExitCode: Readonly<Record<number, number>> = { 1: 409, 2: 422, 3: 501 };

const statusOf = ({ code, exitCode }: NetwrightError): number =>
  statuses[code] ?? (code === "NOT_FOUND" || code.endsWith("_NOT_FOUND") ? 404 : (byExitCode[exitCode] ?? 500));

/**
 * @param faultText what is told of an error that is none of the catalogue's, and so a fault of ours; its message
 *   when absent
 */
export function problemOf(error: unknown, faultText?: string): ProblemDetails {
  if (error instanceof NetwrightError) {
    const { message, remedy, at } = error.toReport();
    return {
      type: `urn:netwright:error:${error.code}`,
      title: error.code,
      status: statusOf(error),
      code: error.code,
      detail: message,
      ...(remedy === undefined ? {} : { remedy }),
      ...(at === undefined ? {} : { at }),
    };
  }
  if (error instanceof LabFileError || error instanceof AggregateError) {
    const errors = error.errors as readonly unknown[];
    const known = errors.filter((one) => one instanceof NetwrightError);
    const first = problemOf(errors[0], faultText);
    return known.length < 2 ? first : { ...first, errors: known.map((one) => one.toReport()) };
  }
  return problemOf(known(error) ?? labError("INTERNAL", { detail: faultText ?? messageOf(error) }));
}

/** What the catalogue has for errors of libraries and of the system. */
export function known(error: unknown): NetwrightError | undefined {
  if (error instanceof z.ZodError)
    return labError("BAD_REQUEST", { detail: mistakesIn(error, "The body").join("\n") }, { cause: error });
  if (error instanceof URIError)
    return labError("BAD_REQUEST", { detail: `The address is malformed: ${error.message}.` }, { cause: error });
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code } = one as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") return labError("DISK_FULL", { detail: one.message }, { cause: error });
  }
  return undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
