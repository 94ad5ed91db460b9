import type { Member } from "../../../src/api/index.ts";

/** What may be done with each role, each of which may what those before it may. */
export const roles = [
  { role: "viewer", about: "looks" },
  { role: "operator", about: "deploys and changes labs, too" },
  { role: "admin", about: "says who is a member, too" },
] as const satisfies readonly { readonly role: Member["role"]; readonly about: string }[];
