import { readCaptures } from "../capture/read.ts";
import { readDrawing } from "../drawing/drawing.ts";
import { readFaults } from "../faults/read.ts";
import type { Findings } from "../findings.ts";
import { addressGenerated } from "../generate/addressing.ts";
import { type Generated, generate, isSizeAgreed } from "../generate/generator.ts";
import { routeGenerated, routeNodes } from "../generate/routing.ts";
import type { AnyKind } from "../kinds/kind.ts";
import { kindDefinitions } from "../kinds/registry.ts";
import type { Lab } from "../model.ts";
import { labelPattern, labelRule } from "../name-rules.ts";
import { requirementsOf } from "../requires/requirements.ts";
import type { LabDefinition } from "../schema/lab.ts";
import { validateContainers } from "../validate/containers.ts";
import { validate } from "../validate/validate.ts";
import { build } from "./build.ts";
import { type Cable, linkWiring, networkForm, networkWiring, type SubnetRequest } from "./cables.ts";
import type { InterfaceDraft, LabDraft, LinkDraft } from "./draft.ts";
import type { FileStore } from "./file-store.ts";
import { settleImpairments } from "./impairments.ts";
import { settleMtus } from "./mtu.ts";
import { NodeMaker } from "./nodes.ts";
import { plug } from "./plug.ts";
import { resolveProcesses } from "./processes.ts";
import { withReach } from "./reach.ts";
import { labResourcesOf } from "./resources.ts";
import { segmentsOf } from "./segments.ts";
import { allotAddresses } from "./subnets.ts";
import { settleControllers, switchSettings } from "./switch.ts";

export type ResolveOptions = {
  /** Wins over the file's. */
  readonly name: string | undefined;
  /** Where neither says one. */
  readonly fallbackName: string;
  /** Generators may make as many nodes as they like. */
  readonly allowLarge: boolean;
  /** Kinds beside Netwright's own. */
  readonly kinds: readonly AnyKind[];
  /** What the file has under a section, right or wrong. */
  names(section: "nodes" | "networks" | "processes"): ReadonlySet<string>;
};

/**
 * Decides all that a definition leaves open. Mistakes go to `findings`; with none the result is a lab
 * that can be run.
 */
export function resolve(definition: LabDefinition, files: FileStore, options: ResolveOptions, findings: Findings): Lab {
  const context = { findings, files };
  const draft: LabDraft = { nodes: new Map(), links: [], subnets: [] };
  const kinds = new Map([...kindDefinitions, ...options.kinds].map((kind): [string, AnyKind] => [kind.name, kind]));
  const maker = new NodeMaker(draft, definition.defaults, kinds, context);
  makeNodes(definition, draft, maker, context);
  const generators = definition.generate ?? [];
  const generated: Generated[] = isSizeAgreed(generators, options.allowLarge, findings)
    ? generators.flatMap((one, index) =>
        one === undefined ? [] : [generate(one, ["generate", index], maker, findings)],
      )
    : [];

  // A node that is missing because a generator is wrong is not missing twice.
  const isExpected = (name: string) =>
    findings.isTainted(["generate"]) || options.names("nodes").has(name) || options.names("networks").has(name);
  const links = linkWiring(definition.links ?? [], draft, isExpected, findings);
  const networks = networkWiring(definition.networks ?? {}, draft, isExpected, findings);
  // Generated nodes number their interfaces as their shape says, before other cables take one.
  const made = generated.flatMap((one) => one.cables);
  const written = [...links.cables, ...networks.cables];
  const plugged = plug([...made, ...written], findings);
  const linksOf = (cables: readonly Cable[]) => cables.flatMap((cable) => plugged.get(cable) ?? []);
  draft.links.push(...linksOf(written), ...linksOf(made));
  draft.subnets.push(...[...links.subnets, ...networks.subnets].map((request) => subnetOf(request, plugged)));

  for (const one of generated) addressGenerated(one, linksOf(one.cables), findings);
  const segments = segmentsOf(draft.links);
  allotAddresses(draft, segments.of, findings);
  for (const one of generated) routeGenerated(one, linksOf(one.cables), findings);
  routeNodes(draft, segments, findings);
  settleMtus(draft, definition.defaults?.mtu, findings);
  settleImpairments(draft, findings);
  const isProcess = (name: string) => options.names("processes").has(name);
  const processes = resolveProcesses(definition.processes ?? {}, draft, isExpected, isProcess, findings);
  settleControllers(draft, isExpected, findings);
  validate(draft, segments, findings);
  const built = build(draft, context, {
    name: labName(definition, options, findings),
    mode: definition.mode ?? "keep",
    mtu: definition.defaults?.mtu,
    processes,
  });
  const lab = withReach(built, draft, definition, isExpected, findings);
  const { faults, capture, requires, drawing } = definition;
  const resources = labResourcesOf(definition);
  validateContainers(lab.nodes, resources, findings);
  const isWhole = !namedSections.some((section) => findings.isTainted([section]));
  const captures = readCaptures(capture ?? [], lab, findings, isWhole);
  return {
    ...lab,
    ...(resources === undefined ? {} : { resources }),
    ...(requires === undefined ? {} : { requires: requirementsOf(requires) }),
    ...(faults === undefined ? {} : { faults: readFaults(faults, ["faults"], lab, findings, isWhole) }),
    ...(captures.length === 0 ? {} : { captures }),
    ...(drawing === undefined ? {} : { drawing: readDrawing(drawing, [...draft.nodes.keys()], findings, isWhole) }),
  };
}

/** Where what a fault or a capture names comes from. */
const namedSections = ["nodes", "links", "networks", "generate", "processes"] as const;

function makeNodes(
  definition: LabDefinition,
  draft: LabDraft,
  maker: NodeMaker,
  context: { findings: Findings; files: FileStore },
): void {
  for (const [name, node] of Object.entries(definition.nodes ?? {})) {
    const path = ["nodes", name];
    if (maker.claim(name, `node ${name}`, path)) maker.make(name, node, path);
  }
  for (const [name, form] of Object.entries(definition.networks ?? {})) {
    const path = ["networks", name];
    if (!maker.claim(name, `network ${name}`, path)) continue;
    const layers = [
      { data: definition.defaults?.switch ?? {}, path: ["defaults", "switch"] },
      { data: networkForm(form), path },
    ];
    draft.nodes.set(name, {
      name,
      path,
      kind: "switch",
      interfaces: new Map(),
      nextPort: 1,
      settings: switchSettings(layers, context),
    });
  }
}

function subnetOf({ prefixes, gateway, cables }: SubnetRequest, plugged: ReadonlyMap<Cable, LinkDraft>) {
  const members = cables.flatMap((cable): InterfaceDraft[] => {
    const link = plugged.get(cable);
    return link === undefined ? [] : [link.a, link.b];
  });
  return { prefixes, gateway, members };
}

function labName(definition: LabDefinition, { name, fallbackName }: ResolveOptions, findings: Findings): string {
  const chosen = name ?? definition.name;
  if (chosen === undefined) return fallbackName;
  if (!labelPattern.test(chosen))
    findings.error("NAME_INVALID", { what: "a lab", name: chosen, rule: `Use ${labelRule}` }, ["name"]);
  return chosen;
}
