import type * as z from "zod";
import { formatCidr } from "../address.ts";
import type { AnyKind, FactsNode, KindAnswer, KindDefinition, KindFacts } from "../kinds/kind.ts";
import { withFiles } from "../kinds/pieces.ts";
import type { Json, Role } from "../kinds/software.ts";
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
  const answer = (kind as unknown as KindDefinition<typeof options>).resolve(options, facts);
  return {
    role: { kind: kind.name, options: { ...options, ...answer.options }, software: answer.software },
    sysctls: { ...kind.sysctls, ...answer.sysctls },
    environment: { ...kind.container?.environment },
    mounts: answer.mounts ?? [],
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
