import * as z from "zod";

/**
 * Files of a node, as a tar archive over a connection that HTTP upgrades (RFC 9110, 7.8), so that
 * whoever packs or unpacks in the node has the connection to itself, and no byte passes the supervisor.
 *
 * After 101, `readFiles` and `readChanges` send an archive to its end (two empty blocks), then a `CopyReport` as
 * JSON, and close. For `writeFiles` the client sends an archive to its end, then a `CopyReport` of what it
 * packed, and closes its direction; the answer is a `CopyReport`, which may come early. So what one
 * connection gives is what another takes: a copy between nodes passes bytes on. The protocol's name in
 * the Upgrade field is `archiveUpgrade` of endpoints.ts.
 *
 * Where the answer to `writeFiles` says so, large files may come as descriptors (src/archive/hand-over.ts).
 */

export const ReadFilesQuery = z.object({
  /** In the node; without a slash at its start, from its root. `/.` at its end: what is in the folder. */
  path: z.string().min(1).max(4096),
  /** Follow `path` where it is a symbolic link. */
  follow: z.stringbool().default(false),
});
export type ReadFilesQuery = z.input<typeof ReadFilesQuery>;

export const WriteFilesQuery = z.object({
  path: z.string().min(1).max(4096),
  /**
   * The one name that the archive's entries begin with, `.` for the contents of a folder: it is put where
   * cp(1) would put it. Absent: the archive is unpacked into the folder `path`, which must be there.
   */
  of: z.string().min(1).max(4096).optional(),
  /** Keep users and groups; else all is root's. */
  owners: z.stringbool().default(false),
});
export type WriteFilesQuery = z.input<typeof WriteFilesQuery>;

export const ReadChangesQuery = z.object({
  /** Seconds since 1970: what changed later is said to have changed then, so that the same files are the same bytes. */
  latest: z.coerce.number().int().min(0).optional(),
});
export type ReadChangesQuery = z.input<typeof ReadChangesQuery>;

const Failure = z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() });

export const CopyResult = z.object({
  files: z.int(),
  folders: z.int(),
  links: z.int(),
  /** Of files. */
  bytes: z.int(),
  /** The first of what was left out. */
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  skippedCount: z.int(),
  /** How many could not be given to the user and group that they had. */
  ownersLost: z.int(),
  /** The first that could not be read; the rest was copied. */
  failed: Failure.optional(),
});
export type CopyResult = z.infer<typeof CopyResult>;

export const CopyReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("done"), result: CopyResult }),
  z.object({ type: z.literal("failed"), error: Failure }),
]);
export type CopyReport = z.infer<typeof CopyReport>;
