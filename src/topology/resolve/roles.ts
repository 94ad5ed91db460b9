import type * as z from "zod";
import { formatCidr } from "../address.ts";
import type { NodeImage } from "../image/image.ts";
import { imageReferenceText, parseImageReference } from "../image/reference.ts";
import type { AnyKind, ContainerSettings, FactsNode, KindAnswer, KindDefinition, KindFacts } from "../kinds/kind.ts";
import { withFiles } from "../kinds/pieces.ts";
import type { Json, Role, RoleContainer } from "../kinds/software.ts";
import type { Path } from "../source/source.ts";
import { isMachineDraft, type LabDraft, type MachineDraft, type ProgramDraft, runsProgramsDraft } from "./draft.ts";
import type { Context } from "./settings.ts";

/** What the kinds of nodes make of them. */
export type Roles = ReadonlyMap<ProgramDraft, RoleResult>;

type RoleResult = {
  readonly role: Role;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: NonNullable<KindAnswer["mounts"]>;
};

/** A kind's own keys of a node's definition, with the text of each file in place of `{from: path}`. */
export function roleOptions(
  kind: AnyKind,
  definition: Readonly<Record<string, unknown>>,
  path: Path,
  context: Context,
): Readonly<Record<string, Json>> {
  const own = Object.entries(definition).filter(
    ([key, value]) => Object.hasOwn(kind.options, key) && value !== undefined,
  );
  const read = (from: string, at: readonly (string | number)[]) =>
    Buffer.from(context.files.read(from, "The file", [...path, ...at]) ?? []).toString();
  return Object.fromEntries(
    own.map(([key, value]) => [key, withFiles(kind.options[key] as z.ZodType, value as Json, [key], read)]),
  );
}

/** Asks each kind what its nodes have and run, when all addresses are known. */
export function rolesOf(draft: LabDraft, context: Context): Roles {
  const roles = new Map<ProgramDraft, RoleResult>();
  const special = [...draft.nodes.values()].filter(runsProgramsDraft).filter(({ role }) => role !== undefined);
  if (special.length === 0) return roles;
  const machines = [...draft.nodes.values()].filter(isMachineDraft).map(factsNode);
  for (const node of special) {
    const result = roleOf(node, machines, context);
    if (result !== undefined) roles.set(node, result);
  }
  return roles;
}

function roleOf(node: ProgramDraft, machines: readonly FactsNode[], context: Context): RoleResult | undefined {
  if (node.role === undefined) return undefined;
  const { kind, options } = node.role;
  const facts: KindFacts = {
    node: machines.find(({ name }) => name === node.name) ?? factsNode(node),
    machines,
    locate: (path, what, at) => context.files.locate(path, what, [...node.path, ...at]),
    report: (problem, remedy, at) => {
      // What is wrong in form has been told, and is not here any more.
      if (context.findings.isTainted(node.path) && at.length === 0) return;
      const details = { node: node.name, kind: kind.name, problem, remedy };
      context.findings.error("KIND_OPTION", details, [...node.path, ...at], at.length === 0 ? "key" : "value");
    },
  };
  if (kind.container !== undefined && kind.container.image === undefined && node.settings.image === undefined)
    facts.report("its vendor gives the image to its customers only", "Add image: with what you have of it.", []);
  const answer = (kind as unknown as KindDefinition<typeof options>).resolve(options, facts);
  return {
    role: {
      kind: kind.name,
      options: { ...options, ...answer.options },
      software: answer.software,
      ...(kind.container === undefined ? {} : { container: roleContainer(kind.container) }),
    },
    sysctls: { ...kind.sysctls, ...answer.sysctls },
    environment: { ...kind.container?.environment, ...answer.environment },
    mounts: answer.mounts ?? [],
  };
}

const roleContainer = ({ capabilities = [], credentials, resources }: ContainerSettings): RoleContainer => ({
  capabilities,
  ...(credentials === undefined ? {} : { credentials }),
  ...(resources === undefined ? {} : { resources }),
});

/** The image of a node: of a vendor's container, with what the vendor's documentation says unless the lab file does. */
export function imageOfRole({ role, settings }: ProgramDraft): NodeImage | undefined {
  const { image } = settings;
  const container = role?.kind.container;
  if (container === undefined) {
    // What an image of Netwright's kinds would run by itself, the kind's services stand in for.
    const isOwn =
      (role !== undefined || settings.frr !== undefined) &&
      image !== undefined &&
      image.command === undefined &&
      image.entrypoint === undefined;
    return isOwn ? { ...image, command: "none" } : image;
  }
  const named = parseImageReference(container.image ?? "");
  const reference = image?.reference ?? ("problem" in named ? "" : imageReferenceText(named));
  const { entrypoint, command } = container;
  return {
    pull: "missing",
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command: { argv: command } }),
    ...image,
    reference,
  };
}

const factsNode = (node: MachineDraft): FactsNode => ({
  name: node.name,
  hostname: node.settings.hostname ?? node.name,
  interfaces: [...node.interfaces.values()].map(({ name, addresses, mac, dhcp, gateways }) => ({
    name,
    addresses: addresses.map(({ cidr }) => formatCidr(cidr)),
    mac,
    dhcp: dhcp !== undefined,
    hasGateway: gateways.length > 0,
  })),
});
