import type { Family } from "../address.ts";
import { hasFamily } from "../resolve/draft.ts";
import type { RoutedNode } from "./routed-node.ts";

/** Which commands and names each version of the protocol has. */
const versions = {
  4: { prefix: "ip ospf", router: "router ospf", id: "ospf router-id" },
  6: { prefix: "ipv6 ospf6", router: "router ospf6", id: "ospf6 router-id" },
} as const;

/**
 * OSPFv2 and OSPFv3 in area 0, with quick hellos. Links between two routers are point-to-point, so
 * that no designated router is elected; interfaces towards hosts are announced and stay silent.
 *
 * @see https://docs.frrouting.org/en/latest/ospfd.html
 */
export function ospfConfig(node: RoutedNode, families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { interface: one, neighbours, isSwitched } of node.attachments) {
    const settings = families.flatMap((family) => {
      const { prefix } = versions[family];
      // OSPFv3 speaks from link-local addresses, which every interface has.
      if (family === 4 && !hasFamily(one, 4)) return [];
      if (neighbours.length === 0) return [` ${prefix} area 0`, ` ${prefix} passive`];
      return [
        ` ${prefix} area 0`,
        ...(isSwitched ? [] : [` ${prefix} network point-to-point`]),
        ` ${prefix} hello-interval 1`,
        ` ${prefix} dead-interval 10`,
      ];
    });
    if (settings.length > 0) lines.push(`interface ${one.name}`, ...settings, "!");
  }
  const loopback = families.filter((family) => node.loopback !== undefined && hasFamily(node.loopback, family));
  if (loopback.length > 0)
    lines.push("interface lo", ...loopback.map((family) => ` ${versions[family].prefix} area 0`), "!");
  for (const family of families) lines.push(versions[family].router, ` ${versions[family].id} ${node.routerId}`, "!");
  return `${lines.join("\n")}\n`;
}
