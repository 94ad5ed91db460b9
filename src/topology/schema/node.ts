import * as z from "zod";
import type { AnyKind } from "../kinds/kind.ts";
import { type KindDefinitions, kindDefinitions } from "../kinds/registry.ts";
import { applianceNode, applianceSettings } from "./appliance.ts";
import { consoleForm } from "./console.ts";
import { containerSettings } from "./container.ts";
import { choice, flag, listOf, map, mapOf, scalar, text } from "./form.ts";
import { imageSettings } from "./image.ts";
import { interfaces, route } from "./interface.ts";
import { reachSettings } from "./reach.ts";
import { nodeResources } from "./resources.ts";
import { command, mtu } from "./scalars.ts";
import { switchPorts, switchSettings, switchSettingsPhrase } from "./switch.ts";

/** Nodes: hosts, routers, switches and appliances, and the defaults for each. */

export const file = z
  .union(
    [
      text("a text"),
      map(
        {
          content: text("a text").optional().describe("The text of the file"),
          base64: text("base64").optional().describe("The bytes of the file, in base64"),
          from: text("a path").optional().describe("A file on this machine; relative to the lab file"),
          mode: z
            .union([z.string(), z.number()], { error: 'permissions in octal digits, such as "0644"' })
            .optional()
            .describe("Permissions in octal digits, such as 0755. 0644 when absent"),
        },
        "a text, or a map with content, base64 or from, and mode",
      ),
    ],
    { error: "a text, or a map with content, base64 or from, and mode" },
  )
  .meta({ title: "File" });

const mount = map(
  {
    source: text("a path").min(1).describe("A file or folder on this machine; relative to the lab file"),
    target: text("a full path such as /app").describe("Where the node sees it"),
    readonly: flag().optional().describe("Whether the node may only read it"),
  },
  "a map with source, target and readonly",
).meta({ title: "Mount" });

const frr = map(
  {
    config: text("the text of frr.conf")
      .optional()
      .describe("The configuration itself: the text of an integrated frr.conf"),
    from: text("a path").optional().describe("A file on this machine with the configuration; relative to the lab file"),
  },
  "a map with config or from",
).meta({ title: "FRR" });

/** What hosts and routers have in common and defaults may give. */
const machine = {
  ...imageSettings,
  ...containerSettings,
  root: choice(["isolated", "host"])
    .optional()
    .describe(
      "`isolated`: a file system of its own. `host`: that of this machine, as you see it; for speed or debugging",
    ),
  hostname: text("a host name").optional().describe("Host name. The node's name when absent"),
  routes: listOf(route, "a list of routes such as {to: 10.9.0.0/16, via: 10.0.0.1}")
    .optional()
    .describe("Static routes"),
  sysctls: mapOf(scalar(), "a map of kernel settings such as {net.ipv4.ip_forward: 1}")
    .optional()
    .describe("Kernel settings of the node's network, by dotted name (net.…)"),
  environment: mapOf(scalar(), "a map of environment variables")
    .optional()
    .describe("Environment of every program of the node"),
  startup: listOf(command(), "a list of commands")
    .optional()
    .describe("Commands that run once, in order, when the interfaces are up. The first that fails fails `up`"),
  files: mapOf(file, "a map from full paths to texts")
    .optional()
    .describe("Files of the node by full path: a text, or {content, base64 or from, and mode}"),
  mounts: listOf(mount, "a list of {source, target}")
    .optional()
    .describe("Files and folders of this machine that the node sees"),
  resources: nodeResources.optional().describe("What the node and each of its programs may use"),
  console: consoleForm
    .optional()
    .describe("What runs on the node's console: a command, or {command, start}. A login shell when absent"),
  ...reachSettings,
};

const router = {
  routing: choice(["ospf"])
    .optional()
    .describe(
      "Runs FRR, which finds routes by OSPF: in area 0, on every interface with an address, silent where no other router is. What frr says is added",
    ),
  frr: frr.optional().describe("Runs FRR with this configuration; the daemons follow from it"),
};

export const hostNode = map(
  { kind: z.literal("host").optional().describe("What the node is. `host` when absent"), interfaces, ...machine },
  "a map with kind, interfaces and so on, or nothing",
).meta({ title: "Host" });

export const routerNode = map(
  { kind: z.literal("router").describe("Forwards IPv4 and IPv6"), interfaces, ...machine, ...router },
  "a map with kind, interfaces and so on, or nothing",
).meta({ title: "Router" });

export const switchNode = map(
  {
    kind: z.literal("switch").describe("Forwards frames between its ports: a Linux bridge, or Open vSwitch"),
    ...switchPorts,
    ...switchSettings,
  },
  "a map with kind, interfaces and so on, or nothing",
).meta({ title: "Switch" });

const templateKinds = ["host", "router", "switch"] as const;

/** A node of a kind: the keys of a host, and those of the kind. */
const kindNode = ({ name, summary, options }: Pick<AnyKind, "name" | "summary" | "options">) =>
  map(
    { kind: z.literal(name).describe(summary), interfaces, ...machine, ...options },
    "a map with kind, interfaces and so on, or nothing",
  ).meta({ title: `Node of kind ${name}` });

/**
 * One type for all of them: as a union of a full node each, whatever handles definitions of nodes would take
 * the compiler minutes. What each kind's keys are is checked when the lab file is read, by its schema.
 */
type KindNode = z.ZodObject<
  { kind: z.ZodLiteral<KindDefinitions["name"]>; interfaces: typeof interfaces } & typeof machine,
  z.core.$loose
>;

export const kindNodes = kindDefinitions.map(kindNode) as unknown as readonly KindNode[];

/** Keys of a node that no kind can have for its own. */
export const nodeKeys: readonly string[] = ["kind", "interfaces", ...Object.keys(machine)];

/** @param more kinds beside those that Netwright knows */
export function nodeWith(more: readonly AnyKind[]) {
  const all = [hostNode, routerNode, switchNode, applianceNode, ...kindNodes, ...more.map(kindNode)] as unknown as [
    typeof hostNode,
    typeof routerNode,
    typeof switchNode,
    typeof applianceNode,
    KindNode,
  ];
  const names = [...templateKinds, "appliance", ...[...kindDefinitions, ...more].map(({ name }) => name)];
  return z
    .discriminatedUnion("kind", all, {
      error: (issue) =>
        issue.code === "invalid_union"
          ? `one of ${names.join(", ")}`
          : "a map with kind, interfaces and so on, or nothing",
    })
    .nullable()
    .describe("A node. Nothing after the name is a host with what links give it");
}

export const node = nodeWith([]);

/** In a generator, where a node has no kind that goes without saying. */
export const templateNode = z
  .discriminatedUnion(
    "kind",
    [
      map(
        { ...hostNode.shape, kind: z.literal("host").describe("What the node is") },
        "a map with kind and so on",
      ).meta({
        title: "Host template",
      }),
      routerNode,
      switchNode,
    ],
    {
      error: (issue) =>
        issue.code === "invalid_union" ? `one of ${templateKinds.join(", ")}` : "a map with kind and so on",
    },
  )
  .describe("What the nodes of a role are");

export const defaults = map(
  {
    mtu: mtu().optional().describe("MTU of links. 1500 when absent"),
    node: map(machine, "a map with settings of hosts and routers")
      .optional()
      .describe("For every node that runs programs: hosts, routers, and the kinds made of them"),
    host: map(machine, "a map with settings of hosts").optional().describe("For every host"),
    router: map({ ...machine, ...router }, "a map with settings of routers")
      .optional()
      .describe("For every router"),
    switch: map(switchSettings, switchSettingsPhrase).optional().describe("For every switch, networks included"),
    appliance: map(applianceSettings, "a map with settings of appliances").optional().describe("For every appliance"),
  },
  "a map with mtu, node, host, router, switch and appliance",
).meta({ title: "Defaults" });

export { applianceNode };
