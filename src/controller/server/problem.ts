import { known, type ProblemDetails, problemOf as problemDetails } from "../../topology/errors/problem.ts";
import { labError, NetwrightError } from "../../topology/index.ts";
import { databaseError } from "../data/failures.ts";

/** An error as problem details. What is a fault of ours tells nothing of itself: that is in the server's log. */
export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof NetwrightError) return problemDetails(error);
  return problemDetails(known(error) ?? frameworkError(error) ?? databaseError(error) ?? error, faultText);
}

const faultText = "Something went wrong in the server. Its log says what.";

/** Errors of Fastify's (https://fastify.dev/docs/latest/Reference/Errors/). */
function frameworkError(error: unknown): Error | undefined {
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: string };
  if (typeof code !== "string" || !code.startsWith("FST_") || typeof statusCode !== "number") return undefined;
  if (statusCode === 413) return labError("BODY_TOO_LONG", { mostBytes: bodyBytes });
  if (statusCode === 415) return labError("MEDIA_TYPE_WRONG", { type: typeIn(message ?? "") });
  return statusCode < 500 ? labError("BAD_REQUEST", { detail: message ?? "" }, { cause: error }) : undefined;
}

const typeIn = (message: string): string => /Unsupported Media Type: ?(.*)/i.exec(message)?.[1] || "none";

/** Of requests' bodies, at most. */
export const bodyBytes = 8 * 1024 * 1024;
