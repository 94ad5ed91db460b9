import * as z from "zod";
import { choice, map, text, wholeNumber } from "./form.ts";
import { templateNode } from "./node.ts";
import { mtu, prefixes } from "./scalars.ts";

/** Generators: regular topologies of any size. */

const count = (minimum: number) => wholeNumber(minimum, 10_000_000);

/** The sizes of each shape. */
const sizes = {
  ring: map(
    {
      count: count(3).describe("Nodes in the ring"),
      "hosts-per-node": count(0).optional().describe("Hosts on each of them. 0 when absent"),
    },
    "a map with count",
  ),
  line: map(
    {
      count: count(1).describe("Nodes in the line"),
      "hosts-per-node": count(0).optional().describe("Hosts on each of them. 0 when absent"),
    },
    "a map with count",
  ),
  mesh: map(
    {
      count: count(2).describe("Nodes, each linked to every other"),
      "hosts-per-node": count(0).optional().describe("Hosts on each of them. 0 when absent"),
    },
    "a map with count",
  ),
  star: map({ leaves: count(1).describe("Nodes around the center") }, "a map with leaves"),
  tree: map(
    {
      depth: wholeNumber(1, 64).describe("Levels below the root"),
      fanout: count(1).describe("Children of each branch"),
    },
    "a map with depth and fanout",
  ),
  "leaf-spine": map(
    {
      spines: count(1).describe("Spines, each linked to every leaf"),
      leaves: count(1).describe("Leaves"),
      "hosts-per-leaf": count(0).optional().describe("Hosts on each leaf. 0 when absent"),
    },
    "a map with spines, leaves and hosts-per-leaf",
  ),
};

/** The roles that nodes of a shape have, in the order in which they are made. */
export const roles = {
  ring: ["node", "host"],
  line: ["node", "host"],
  mesh: ["node", "host"],
  star: ["center", "leaf"],
  tree: ["branch", "leaf"],
  "leaf-spine": ["spine", "leaf", "host"],
} as const;

export type Shape = keyof typeof sizes;
export const shapes = Object.keys(sizes) as readonly Shape[];

const addressing = map(
  {
    loopbacks: prefixes().optional().describe("Pools from which each router gets one address on `lo`"),
    links: prefixes()
      .optional()
      .describe("Pools from which each link between two routers gets a /31 (IPv4) or /127 (IPv6)"),
    hosts: prefixes()
      .optional()
      .describe(
        "Pools for links and segments with hosts: a link gets a /31 (IPv4) or /64 (IPv6), a segment through switches a prefix that is large enough, at least /24 (IPv4) or /64 (IPv6). Hosts get the first router there as their gateway",
      ),
  },
  "a map with loopbacks, links and hosts",
).meta({ title: "Addressing" });

const routing = z
  .union(
    [
      choice(["bgp", "ospf"]),
      map(
        {
          bgp: map(
            { asn: wholeNumber(1, 4_294_967_294).describe("First autonomous system number. 65000 when absent") },
            "a map with asn",
          ),
        },
        "bgp, ospf or {bgp: {asn: 65000}}",
      ),
    ],
    { error: "bgp, ospf or {bgp: {asn: 65000}}" },
  )
  .describe(
    "Writes the FRR configuration of the routers: OSPF in area 0, or external BGP with one autonomous system for all spines and one for every other router. What a template's frr says is added",
  );

function generator<Key extends Shape>(shape: Key) {
  const perRole = <Value extends z.core.$ZodType>(value: Value, phrase: string) =>
    map(
      Object.fromEntries(roles[shape].map((role) => [role, value])) as { [Role in (typeof roles)[Key][number]]: Value },
      phrase,
    );
  const roleList = roles[shape].join(", ");
  return map(
    {
      [shape]: sizes[shape].describe(`The size of the ${shape}`),
      names: perRole(text("a name with ${node.index} in it").optional(), `a map from ${roleList} to name patterns`)
        .optional()
        .describe("Name patterns by role, with `${node.index}`, which counts from 1 in each role"),
      template: perRole(templateNode.optional(), `a map from ${roleList} to node definitions`)
        .optional()
        .describe(
          "What nodes are, by role. Texts may say `${node.name}`, `${node.index}`, `${node.role}`, `${node.loopback}`, `${node.loopback6}` and `${node.asn}`",
        ),
      mtu: mtu().optional().describe("MTU of all links made"),
      addressing: addressing.optional().describe("Pools from which addresses are given"),
      routing: routing.optional(),
    } as {
      [Size in Key]: (typeof sizes)[Key];
    } & {
      names: z.ZodOptional<z.ZodObject<{ [Role in (typeof roles)[Key][number]]: z.ZodOptional<z.ZodString> }>>;
      template: z.ZodOptional<
        z.ZodObject<{ [Role in (typeof roles)[Key][number]]: z.ZodOptional<typeof templateNode> }>
      >;
      mtu: z.ZodOptional<z.ZodInt>;
      addressing: z.ZodOptional<typeof addressing>;
      routing: z.ZodOptional<typeof routing>;
    },
    `a map with ${shape}, names, template, mtu, addressing and routing`,
  ).meta({ title: `Generator: ${shape}` });
}

/** One entry of `generate:`, by its shape. */
export const generators = {
  ring: generator("ring"),
  line: generator("line"),
  mesh: generator("mesh"),
  star: generator("star"),
  tree: generator("tree"),
  "leaf-spine": generator("leaf-spine"),
} as const;

export const generate = z.union(
  [generators.ring, generators.line, generators.mesh, generators.star, generators.tree, generators["leaf-spine"]],
  { error: `a map with one of ${shapes.join(", ")}` },
);
