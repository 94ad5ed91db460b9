import type { Role } from "../../api/index.ts";

const rank = { viewer: 0, operator: 1, admin: 2 } as const satisfies Record<Role, number>;

/** Whether a role has every right of another. */
export const hasRightsOf = (role: Role, other: Role): boolean => rank[role] >= rank[other];
