import type { Findings } from "../findings.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Path } from "../source/source.ts";
import type { ConditionsGroup, LabDraft, MtuGroup, SubnetDraft } from "./draft.ts";
import { type End, readEnd } from "./endpoint.ts";
import { subnetPrefix } from "./settings.ts";

/** A link that is not plugged in yet. */
export type Cable = {
  readonly a: End;
  readonly b: End;
  readonly mtu: MtuGroup;
  readonly conditions?: ConditionsGroup | undefined;
  readonly path: Path;
};

/** Cables and the prefixes for some of their ends, in the order of the lab file. */
export type Wiring = { readonly cables: Cable[]; readonly subnets: SubnetRequest[] };

/** A subnet before its members' interfaces are chosen: both ends of cables, by cable. */
export type SubnetRequest = {
  readonly prefixes: SubnetDraft["prefixes"];
  readonly gateway: SubnetDraft["gateway"];
  readonly cables: readonly Cable[];
};

type LinkForm = NonNullable<LabDefinition["links"]>[number];
type NetworkForm = NonNullable<LabDefinition["networks"]>[string];
type Known = (name: string) => boolean;

/** What `links:` says. Wrong links are left out after reporting. */
export function linkWiring(
  links: readonly (LinkForm | undefined)[],
  draft: LabDraft,
  isExpected: Known,
  findings: Findings,
): Wiring {
  const wiring: Wiring = { cables: [], subnets: [] };
  for (const [index, form] of links.entries()) {
    // Taken out when its form was checked.
    if (form === undefined) continue;
    const path = ["links", index];
    const long = typeof form === "string" || Array.isArray(form) ? undefined : form;
    const cables: Cable[] = [];
    addSubnet(wiring, long, cables, path, findings);
    const ends = endsOf(form, path, findings);
    if (ends === undefined) continue;
    const [a, b] = ends.map(({ text, path }) => readEnd(text, path, draft, isExpected, findings));
    if (a === undefined || b === undefined) continue;
    if (a.node === b.node) {
      findings.error("LINK_TO_ITSELF", { node: a.node.name }, b.path);
      continue;
    }
    const mtu: MtuGroup = { given: long?.mtu, path: [...path, "mtu"], resolved: 0 };
    const cable: Cable = { a, b, mtu, conditions: conditionsOf(long, path), path };
    cables.push(cable);
    wiring.cables.push(cable);
  }
  return wiring;
}

/** What `networks:` says: a cable from each member to the switch of the network's name. */
export function networkWiring(
  networks: NonNullable<LabDefinition["networks"]>,
  draft: LabDraft,
  isExpected: Known,
  findings: Findings,
): Wiring {
  const wiring: Wiring = { cables: [], subnets: [] };
  for (const [name, form] of Object.entries(networks)) {
    const path = ["networks", name];
    const node = draft.nodes.get(name);
    if (node === undefined || node.kind !== "switch") continue;
    const long = networkForm(form);
    const memberPath = Array.isArray(form) ? path : [...path, "members"];
    const mtu: MtuGroup = { given: long.mtu, path: [...path, "mtu"], resolved: 0 };
    const conditions = conditionsOf(long, path);
    const cables = long.members.flatMap((text, index): Cable[] => {
      const at = [...memberPath, index];
      const member = readEnd(text, at, draft, isExpected, findings);
      if (member === undefined) return [];
      if (member.node === node) {
        findings.error("LINK_TO_ITSELF", { node: name }, at);
        return [];
      }
      return [{ a: member, b: { node, interface: undefined, path: at }, mtu, conditions, path: at }];
    });
    wiring.cables.push(...cables);
    addSubnet(wiring, long, cables, path, findings);
  }
  return wiring;
}

export const networkForm = (form: NetworkForm) => (Array.isArray(form) ? { members: form } : form);

function conditionsOf(
  form:
    | {
        readonly impairment?: ConditionsGroup["impairment"];
        readonly medium?: "auto" | "kernel" | "wire" | undefined;
      }
    | undefined,
  path: Path,
): ConditionsGroup | undefined {
  if (form?.impairment === undefined && form?.medium === undefined) return undefined;
  return { impairment: form.impairment, medium: form.medium === "auto" ? undefined : form.medium, path };
}

function addSubnet(
  wiring: Wiring,
  form: { readonly subnet?: string | string[] | undefined; readonly gateway?: string | undefined } | undefined,
  cables: readonly Cable[],
  path: Path,
  findings: Findings,
): void {
  if (form?.subnet === undefined && form?.gateway === undefined) return;
  const { subnet, gateway } = form;
  const texts = typeof subnet === "string" ? [subnet] : (subnet ?? []);
  const prefixes = texts.flatMap((text, index) => {
    const at = typeof subnet === "string" ? [...path, "subnet"] : [...path, "subnet", index];
    const cidr = subnetPrefix(text, at, findings);
    return cidr === undefined ? [] : [{ cidr, path: at }];
  });
  wiring.subnets.push({
    prefixes,
    cables,
    gateway: gateway === undefined ? undefined : { text: gateway, path: [...path, "gateway"] },
  });
}

type EndText = { readonly text: string; readonly path: Path };

function endsOf(form: LinkForm, path: Path, findings: Findings): readonly EndText[] | undefined {
  if (typeof form === "string") {
    const parts = form.split(/\s+--\s+|\s+—\s+/);
    if (parts.length < 2) {
      findings.error("LINK_INVALID", { text: form }, path);
      return undefined;
    }
    return twoOf(
      parts.map((text) => ({ text, path })),
      path,
      findings,
    );
  }
  const texts = Array.isArray(form) ? form : form.endpoints;
  const base = Array.isArray(form) ? path : [...path, "endpoints"];
  return twoOf(
    texts.map((text, index) => ({ text, path: [...base, index] })),
    base,
    findings,
  );
}

function twoOf(ends: readonly EndText[], path: Path, findings: Findings): readonly EndText[] | undefined {
  if (ends.length === 2) return ends;
  findings.error("LINK_ENDS", { count: ends.length }, path);
  return undefined;
}
