import type { ProgramNode } from "../topology/index.ts";

/**
 * A node's resolv.conf(5). Without name servers it names none that could not be reached: programs then ask
 * the node itself, where nobody answers, and are told so at once.
 */
export function resolvConf({ nameservers = [] }: Pick<ProgramNode, "nameservers">): string {
  if (nameservers.length === 0) return "# No name server: the lab's names are in /etc/hosts.\n";
  return [
    "# This machine's name servers, and the lab's own names.",
    ...nameservers.map((address) => `nameserver ${address}`),
    "",
  ].join("\n");
}
