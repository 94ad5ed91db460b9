import { listOf, text } from "./form.ts";

/** What only nodes with engine: container have. */
export const containerSettings = {
  capabilities: listOf(text("a capability such as SYS_ADMIN"), "a list of capabilities such as [SYS_ADMIN]")
    .optional()
    .describe(
      "With engine: container: what the node may do beyond NET_ADMIN, NET_RAW and what engines give every container (capabilities(7))",
    ),
  join: text("the name of a node")
    .optional()
    .describe(
      "With engine: container: the node whose network this one shares, instead of having one. It has no interfaces of its own",
    ),
};
