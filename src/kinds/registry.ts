import type { ContainerNeeds, NodeConfig, ProgramNode } from "../topology/index.ts";
import { dhcpClients } from "./dhcp-client.ts";
import { host } from "./host.ts";
import type { HostFacts, Kind, Preparation } from "./kind.ts";
import { prepareRole, withConfig } from "./role.ts";
import { router } from "./router/router.ts";

/** What machines are made of. Kinds beyond are data: `src/topology/kinds/`. */
const kinds = { host, router } satisfies {
  readonly [Name in ProgramNode["kind"]]: Kind<Extract<ProgramNode, { kind: Name }>>;
};

/** The kind of a machine. */
export const kindOf = <Node extends ProgramNode>(node: Node): Kind<Node> => kinds[node.kind] as unknown as Kind<Node>;

/** What is there on a machine and runs before its startup commands. @throws PROGRAM_MISSING */
export const prepare = (node: ProgramNode, facts: HostFacts): Preparation | undefined =>
  together([dhcpClients(node), prepareKind(node, facts)]);

/** The same without the DHCP clients, which of a container are outside. @throws PROGRAM_MISSING */
export const prepareKind = (node: ProgramNode, facts: HostFacts): Preparation | undefined =>
  together([
    kindOf(node).prepare?.(node, facts),
    node.role === undefined ? undefined : prepareRole(node, node.role, facts),
  ]);

/** What the engine of a container must grant it for its kind. */
export function needsOf(node: ProgramNode): ContainerNeeds {
  const all = [kindOf(node).needs?.(node), node.role?.software.needs];
  return {
    capabilities: all.flatMap((needs) => needs?.capabilities ?? []),
    devices: all.flatMap((needs) => needs?.devices ?? []),
  };
}

function together(each: readonly (Preparation | undefined)[]): Preparation | undefined {
  const parts = each.filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  return {
    directories: parts.flatMap(({ directories }) => directories),
    files: parts.flatMap(({ files }) => files),
    services: parts.flatMap(({ services }) => services),
    setup: parts.flatMap(({ setup }) => setup),
  };
}

/** Where the configuration of a machine is; undefined for one that has none. */
export const configOf = (node: ProgramNode): NodeConfig | undefined =>
  node.role?.software.config ?? kindOf(node).config?.(node);

/** The machine with another configuration than its lab file says. It has one. */
export const configured = <Node extends ProgramNode>(node: Node, text: string): Node =>
  node.role?.software.config === undefined ? (kindOf(node).configured?.(node, text) ?? node) : withConfig(node, text);
