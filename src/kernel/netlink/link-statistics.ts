/** Counters of a link since it was created: struct rtnl_link_stats64 (linux/if_link.h). */
export type LinkStatistics = {
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxErrors: number;
  readonly txErrors: number;
  readonly rxDropped: number;
  readonly txDropped: number;
};

/** In the structure's order; what follows are counters of real hardware. */
const fields = [
  "rxPackets",
  "txPackets",
  "rxBytes",
  "txBytes",
  "rxErrors",
  "txErrors",
  "rxDropped",
  "txDropped",
] as const;

export function readStatistics(bytes: Buffer): LinkStatistics {
  return Object.fromEntries(
    fields.map((field, index) => [field, Number(bytes.readBigUInt64LE(index * 8))]),
  ) as LinkStatistics;
}
