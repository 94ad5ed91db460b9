import type { HostNode } from "../topology/index.ts";
import type { Kind } from "./kind.ts";

/** An end system: it does not forward. */
export const host: Kind<HostNode> = {
  name: "host",
  // A new namespace takes IPv4 settings from the machine's (devconf_inherit_init_net), and many machines forward.
  sysctls: () => ({ "net.ipv4.ip_forward": "0" }),
};
