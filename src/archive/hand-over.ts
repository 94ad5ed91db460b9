/**
 * Between two processes of one machine a large file need not pass through their connection: its open
 * descriptor does (unix(7), SCM_RIGHTS), and whoever unpacks reads the file itself. In the archive it is
 * an entry with a record of its true size and a single byte of contents, which carries the descriptor.
 * Only where the other side has said that it knows how.
 */
export type HandedFile = {
  /** Open until the next piece is asked for. Whoever reads moves its position, which is how far it is. */
  readonly fd: number;
  readonly sizeBytes: number;
  /** What the descriptor goes with: the byte, and what fills its block. */
  readonly block: Buffer;
};

/** Of the answer's head: whoever unpacks is on the same machine, and takes descriptors. */
export const handOverField = "Netwright-Hand-Over: descriptors";

/** Smaller ones are through the connection before it would pay. */
export const leastHandedBytes = 16 << 20;

/** The extended header's record (pax(1)). */
export const handedSizeKey = "NETWRIGHT.size";

/** Descriptors that come with an archive. */
export type HandOver = {
  /** The next one that has come, which then belongs to the caller. */
  take(): number | undefined;
  /** Whether whoever sends has gone. */
  isBroken(): boolean;
};
