import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import type { LabDraft, SwitchDraft } from "../resolve/draft.ts";
import type { Path } from "../source/source.ts";

/** Checks what bonds and mirrors of switches say of ports, which links make. */
export function validatePorts(draft: LabDraft, findings: Findings): void {
  // A port that a wrong link would have made is not missing.
  if (["links", "networks", "generate"].some((section) => findings.isTainted([section]))) return;
  for (const node of draft.nodes.values()) {
    if (node.kind !== "switch" || node.settings.ovs === undefined) continue;
    validateBonds(node, findings);
    validateMirrors(node, findings);
  }
}

function validateBonds(node: SwitchDraft, findings: Findings): void {
  const { ovs, vlans } = node.settings;
  const owners = new Map<string, string>();
  for (const { name, ports, lacp, mode, path } of ovs?.bonds ?? []) {
    if (new Set(ports).size < 2)
      findings.error("BOND_TOO_SMALL", { bond: name, ports: ports.length }, [...path, "ports"]);
    if (mode === "balance-tcp" && lacp === "off") findings.error("BOND_BALANCE", { bond: name }, path, "key");
    if (node.interfaces.has(name)) {
      const by = `a port has the name ${name}`;
      findings.error("BOND_PORT_TAKEN", { port: name, bond: name, by }, path, "key");
    }
    for (const [index, port] of ports.entries()) {
      const at = [...path, "ports", index];
      if (!isPort(node, port, `Bond ${name}`, at, false, findings)) continue;
      const owner = owners.get(port);
      if (owner !== undefined)
        findings.error("BOND_PORT_TAKEN", { port, bond: name, by: `it is in bond ${owner} already` }, at);
      else if (vlans.has(port))
        findings.error("BOND_PORT_TAKEN", { port, bond: name, by: "it has VLANs of its own" }, at);
      owners.set(port, name);
    }
  }
}

function validateMirrors(node: SwitchDraft, findings: Findings): void {
  const { ovs } = node.settings;
  for (const { from, to, path } of ovs?.mirrors ?? []) {
    for (const port of from) isPort(node, port, "A mirror", [...path, "from"], true, findings);
    if (!isPort(node, to, "A mirror", [...path, "to"], true, findings)) continue;
    if (from.includes(to)) findings.error("MIRROR_OF_ITSELF", { port: to }, [...path, "to"]);
  }
}

function isPort(node: SwitchDraft, port: string, what: string, at: Path, orBond: boolean, findings: Findings): boolean {
  const bonds = node.settings.ovs?.bonds ?? [];
  const inBonds = bonds.flatMap(({ ports }) => ports);
  const linked = [...node.interfaces.values()].filter(({ link }) => link !== undefined).map(({ name }) => name);
  // What a mirror names is the bond: its ports are one.
  const known = orBond
    ? [...linked.filter((name) => !inBonds.includes(name)), ...bonds.map(({ name }) => name)]
    : linked;
  if (known.includes(port)) return true;
  const suggestion = nearest(port, known);
  const details = { switch: node.name, port, what, known };
  findings.error("PORT_UNKNOWN", suggestion === undefined ? details : { ...details, nearest: suggestion }, at);
  return false;
}
