import { entry } from "../entry.ts";

/** Errors of what a lab file says of containers. */
export const containerFileErrors = {
  CONTAINER_SETTING_UNUSED: entry<{ key: string }>({
    exitCode: 2,
    message: ({ key }) => `${key}: is for containers, and the node is none.`,
    remedy: ({ key }) => `Write engine: container, or leave out ${key}.`,
  }),
  RESOURCES_OF_LAB_WITH_CONTAINERS: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) =>
      `What all nodes together may use cannot be limited: ${node} is a container, which runs in its engine's control groups.`,
    remedy: () => "Limit each container by its own resources:, or write enforce: if-possible.",
  }),
  CAPABILITY_INVALID: entry<{ name: string }>({
    exitCode: 2,
    message: ({ name }) => `${JSON.stringify(name)} is no capability.`,
    remedy: () => "Write one of capabilities(7), such as SYS_ADMIN.",
  }),
  JOIN_IMPOSSIBLE: entry<{ node: string; problem: string }>({
    exitCode: 2,
    message: ({ node, problem }) => `${node} cannot join that node's network: ${problem}.`,
    remedy: () => "Join a host or a router.",
  }),
  JOIN_WITH_NETWORK: entry<{ node: string; joins: string; has: string }>({
    exitCode: 2,
    message: ({ node, joins, has }) => `${node} shares the network of ${joins}, and cannot have ${has} of its own.`,
    remedy: ({ node, joins, has }) => `Give ${has} to ${joins}, or leave out join: of ${node}.`,
  }),
} as const;
