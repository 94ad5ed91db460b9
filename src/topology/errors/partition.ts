import { entry } from "./entry.ts";
import { listed } from "./lab-file/wording.ts";

/** Errors of partitions: exit code 2, nothing changed. */
export const partitionErrors = {
  PARTITION_UNKNOWN: entry<{ verb: string; known: readonly string[]; nearest?: string }>({
    exitCode: 2,
    message: ({ verb }) => `There is no partition "${verb}".`,
    remedy: ({ nearest, known }) =>
      nearest === undefined ? `There are: ${known.join(", ")}.` : `Did you mean "${nearest}"?`,
  }),
  PARTITION_FORM: entry<{ verb: string; usage: string }>({
    exitCode: 2,
    message: ({ verb }) => `This is no complete ${verb}.`,
    remedy: ({ usage }) => `Write: ${usage}`,
  }),
  PARTITION_OF_SWITCH: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) => `${node} is a switch, which is on no side of a partition.`,
    remedy: () => "Name the machines that are to be kept apart; the switches between them see to it.",
  }),
  PARTITION_NODE_TWICE: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) => `${node} is named twice.`,
    remedy: () => "Name it once; only the groups of a split may share nodes.",
  }),
  PARTITION_INCOMPLETE: entry<{ nodes: readonly string[] }>({
    exitCode: 2,
    message: ({ nodes }) => `A disjoint partition puts every machine in a group, and this leaves out ${listed(nodes)}.`,
    remedy: () => "Name all of them, or use split, which leaves those it does not name alone.",
  }),
  PARTITION_TOO_FEW: entry<{ verb: string; least: number; count: number }>({
    exitCode: 2,
    message: ({ verb, least, count }) => `${verb} needs at least ${least} machines; the lab has ${count}.`,
    remedy: () => "Name groups with split.",
  }),
  NFT_MISSING: entry<object>({
    exitCode: 1,
    message: () => "Keeping the ports of a switch apart needs nft, which is not here.",
    remedy: () => "Install it: apt-get install nftables",
  }),
  NFT_REFUSED: entry<{ reason: string }>({
    exitCode: 1,
    message: ({ reason }) => `The kernel took no rules for the ports of switches: ${reason}`,
    remedy: () => "See what this machine can do: netwright doctor",
  }),
  ONE_WAY_NOT_NEIGHBOURS: entry<{ from: readonly string[]; to: readonly string[] }>({
    exitCode: 2,
    message: ({ from, to }) => `${listed(from)} and ${listed(to)} share neither a link nor a switch.`,
    remedy: () => "Name neighbours: the router next to one of them, for example.",
  }),
} as const;
