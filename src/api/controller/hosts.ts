import * as z from "zod";

/** A machine that labs run on, for those whose labs it runs: whether it does, and how large it is. */
export const HostOutline = z.object({
  name: z.string(),
  /** `unreachable`: it does not answer; what is told of it is what it said last. */
  state: z.enum(["ready", "unreachable"]),
  /** Since when, of `unreachable`. */
  since: z.iso.datetime().optional(),
  cpus: z.int(),
  memoryBytes: z.int(),
});
export type HostOutline = z.infer<typeof HostOutline>;

/** All that its agent tells of it, for server administrators. */
export const Host = HostOutline.extend({
  /** Of Netwright there. */
  version: z.string(),
  kernel: z.string(),
  freeMemoryBytes: z.int(),
  /** Where logs and images of labs are. */
  freeDiskBytes: z.int(),
  /** Mean number of processes that ran or waited in the last minute (proc_loadavg(5)). */
  load: z.number(),
  /** That run, of this server or not. */
  labs: z.int(),
});
export type Host = z.infer<typeof Host>;

export const Image = z.object({
  /** As people write it. */
  name: z.string(),
  reference: z.string(),
  /** `sha256:…` of its configuration. */
  id: z.string(),
  created: z.string().optional(),
  /** When it came here. */
  at: z.string(),
  /** As it is fetched and kept. */
  bytes: z.int(),
  /** Absent where it is not unpacked. */
  unpackedBytes: z.int().optional(),
  /** How many running labs use it. */
  labs: z.int(),
});
export type Image = z.infer<typeof Image>;

export const ServerHealth = z.object({
  state: z.enum(["ready", "degraded"]),
  database: z.literal("ready"),
  /** How many of each. */
  hosts: z.object({ ready: z.int(), unreachable: z.int() }),
});
export type ServerHealth = z.infer<typeof ServerHealth>;
