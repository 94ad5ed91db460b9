import { labError, type NetwrightError } from "../../topology/index.ts";

/** Result codes of SQLite (sqlite.org/rescode.html): busy, locked, input or output, cannot open, read-only. */
const sqliteGone = new Set([5, 6, 8, 10, 14]);
const sqliteFull = 13;
/**
 * Error codes of PostgreSQL (documentation, appendix A), by their beginnings: of connections, of being shut down or
 * starting, out of connections or memory, of transactions that met.
 */
const postgresGone = /^(?:08|57P|53[023]|40)/;
const postgresFull = "53100";
/** Of the connection to it (errno(3)), as Node names them. */
const connectionLost =
  /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What the library for PostgreSQL says without a code. */
const lostInWords =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

/**
 * What the catalogue has for a statement that failed since the database is gone, or full; both may pass.
 *
 * @returns undefined for every other error
 */
export function databaseError(error: unknown): NetwrightError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", errcode, syscall } = error as NodeJS.ErrnoException & { errcode?: number };
  const detail = error.message;
  if (code === "ERR_SQLITE_ERROR" && errcode !== undefined) {
    // Extended codes have the plain one in their lowest byte.
    const plain = errcode & 0xff;
    if (plain === sqliteFull) return labError("DATABASE_FULL", { detail }, { cause: error });
    return sqliteGone.has(plain) ? labError("DATABASE_GONE", { detail }, { cause: error }) : undefined;
  }
  if (code === postgresFull) return labError("DATABASE_FULL", { detail }, { cause: error });
  const isLost =
    (syscall === "connect" || syscall === "read" || syscall === "write" || syscall === "getaddrinfo") &&
    connectionLost.test(code);
  if (isLost || ("severity" in error && postgresGone.test(code)) || lostInWords.test(detail))
    return labError("DATABASE_GONE", { detail }, { cause: error });
  if (error instanceof AggregateError) return databaseError(error.errors[0]);
  return undefined;
}
