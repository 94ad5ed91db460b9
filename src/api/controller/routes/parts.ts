import * as z from "zod";

export const page = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: z.string().optional(),
});
export const password = z.string().min(10, "at least 10 characters").max(256);
export const labText = z.string().max(4 * 1024 * 1024);
