import type * as z from "zod";
import { captureForm } from "../capture/form.ts";
import { drawingForm } from "../drawing/form.ts";
import { faultsForm } from "../faults/form.ts";
import type { AnyKind } from "../kinds/kind.ts";
import { requiresForm } from "../requires/form.ts";
import { choice, listOf, map, mapOf, scalar, text } from "./form.ts";
import { generate } from "./generate.ts";
import { link, network } from "./link.ts";
import { defaults, node, nodeWith } from "./node.ts";
import { process } from "./process.ts";
import { labReach } from "./reach.ts";
import { labResources } from "./resources.ts";

const labKeys = {
  name: text("a name").optional().describe("Name of the lab. The name of its folder when absent; --name wins"),
  mode: choice(["keep", "stop-on-failure", "wait-all-successful"])
    .optional()
    .describe(
      "What happens when processes end. `keep` (the default): nothing. `stop-on-failure`: the lab stops when one fails. `wait-all-successful`: it also stops when all have ended well",
    ),
  variables: mapOf(scalar("a text, a number, true, false, or nothing").nullable(), "a map from names to values")
    .optional()
    .describe(
      "Variables and their defaults. `${name}` stands for the value in every text below; --set gives another. One without a default must be set. `$${` is a literal `${`",
    ),
  defaults: defaults
    .optional()
    .describe("Settings for all nodes of a kind. Lists are put before the node's own, maps are merged"),
  nodes: mapOf(node, "a map from names to nodes").optional().describe("Nodes by name"),
  links: listOf(link, "a list of links such as [h1:eth0, r1:eth1]").optional().describe("Links between two nodes"),
  networks: mapOf(network, "a map from names to networks")
    .optional()
    .describe("Segments with several members, by name"),
  generate: listOf(generate, "a list of generators such as {ring: {count: 4}}")
    .optional()
    .describe("Regular topologies of any size"),
  processes: mapOf(process, "a map from names to processes").optional().describe("Supervised programs, by name"),
  resources: labResources.optional().describe("What all nodes together may use"),
  requires: requiresForm.optional().describe("What the machine must have, checked before anything starts"),
  faults: faultsForm.optional(),
  ...labReach,
  capture: listOf(captureForm, "a list of captures such as {of: h1:eth0}")
    .optional()
    .describe("What is captured while the lab runs"),
  drawing: drawingForm.optional(),
};

const phrase = "a map with nodes, links and so on";

/**
 * The lab file. What the JSON Schema, the reference in the documentation and the type of `defineLab`
 * are made from.
 */
export const labSchema = map(labKeys, phrase).meta({
  title: "Netwright lab",
  description: "A lab: nodes, the links between them, and the processes that run on them.",
});

/** The lab file where there are more kinds than Netwright's own. */
export const labSchemaWith = (kinds: readonly AnyKind[]) =>
  kinds.length === 0
    ? labSchema
    : map({ ...labKeys, nodes: mapOf(nodeWith(kinds), "a map from names to nodes").optional() }, phrase);

/** A lab file's content. */
export type LabDefinition = z.input<typeof labSchema>;
