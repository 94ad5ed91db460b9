import * as z from "zod";

export const page = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: z.string().max(512).optional(),
});
/** Of a topology: as many as an integer of the database counts. */
export const mostVersions = 2 ** 31 - 1;
export const version = z.int().min(1).max(mostVersions);
/** A page of what has numbers; `after` is one. */
export const numberedPage = z.object({
  limit: page.shape.limit,
  after: z.coerce.number().int().min(1).optional(),
});
export const password = z.string().min(10, "at least 10 characters").max(256);
export const labText = z.string().max(4 * 1024 * 1024);
