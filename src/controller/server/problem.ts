import * as z from "zod";
import type { Problem } from "../../api/index.ts";
import { type ErrorCode, LabFileError, NetwrightError } from "../../topology/index.ts";

/** Statuses of HTTP (RFC 9110, 15) of errors that are not told by their exit code. */
const statuses: Partial<Record<ErrorCode, number>> = {
  NOT_SIGNED_IN: 401,
  SIGN_IN_REFUSED: 401,
  CSRF_TOKEN_WRONG: 403,
  NOT_ALLOWED: 403,
  CHANGED_MEANWHILE: 412,
  SIGN_IN_LOCKED: 429,
  LAB_LOST: 502,
  IDENTITY_PROVIDER_FAILED: 502,
  TIMED_OUT: 504,
  DATABASE_UNUSABLE: 503,
};
const byExitCode: Readonly<Record<number, number>> = { 1: 409, 2: 422 };

const statusOf = ({ code, exitCode }: NetwrightError): number =>
  statuses[code] ?? (code.endsWith("_NOT_FOUND") ? 404 : (byExitCode[exitCode] ?? 500));

/** An error as problem details (RFC 9457). What is a fault of ours tells nothing of itself: that is in the server's log. */
export function problemOf(error: unknown): Problem {
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
    const [first] = error.errors as readonly unknown[];
    const known = (error.errors as readonly unknown[]).filter((one) => one instanceof NetwrightError);
    return known.length < 2 ? problemOf(first) : { ...problemOf(first), errors: known.map((one) => one.toReport()) };
  }
  if (error instanceof z.ZodError) return plain(400, "BAD_REQUEST", z.prettifyError(error));
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode < 500) return plain(statusCode, "BAD_REQUEST", message ?? "");
  return plain(500, "INTERNAL", "Something went wrong in the server. Its log says what.");
}

const plain = (status: number, code: string, detail: string): Problem => ({
  type: "about:blank",
  title: code,
  status,
  code,
  detail,
});
