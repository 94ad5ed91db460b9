import { type ErrorReport, NetwrightError } from "../topology/index.ts";

/** An error for the launcher or client. One that is none of the catalogue's is a fault of ours, and keeps its stack. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof NetwrightError) return error.toReport();
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "INTERNAL", message };
}
