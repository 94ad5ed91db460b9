import { labError, NetwrightError } from "../topology/errors/error.ts";
import type { LabAddress } from "./address.ts";

/** Of connections that were never made (connect(2), getaddrinfo(3)). */
const unmade = new Set([
  ...["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ENOENT"],
]);

/**
 * Why a connection to a lab's API is no more. Of one of this machine its supervisor has ended; of one behind a server
 * nobody knows whether the lab has.
 *
 * @param cause what the connection ended with; an error of the catalogue is told as it is
 */
export function lostConnection(
  lab: string,
  address: LabAddress,
  cause: unknown,
  closed = "the connection closed",
): NetwrightError {
  if (cause instanceof NetwrightError) return cause;
  const detail = cause instanceof Error ? cause.message : closed;
  if ("socket" in address) return labError("LAB_LOST", { lab, detail }, { cause });
  const url = address.url.origin;
  const { code = "" } = (cause ?? {}) as { readonly code?: string };
  // Certificates that are not accepted are told by the message (SERVER_UNREACHABLE).
  if (unmade.has(code) || /certificate/i.test(detail))
    return labError("SERVER_UNREACHABLE", { url, detail }, { cause });
  return labError("SERVER_BROKE_OFF", { url, lab, detail }, { cause });
}
