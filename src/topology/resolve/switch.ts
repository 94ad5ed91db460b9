import { formatAddress, parseAddress } from "../address.ts";
import { parseDuration } from "../duration.ts";
import type { Findings } from "../findings.ts";
import type { SwitchNode } from "../model.ts";
import { nearest } from "../nearest.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Path } from "../source/source.ts";
import { allLinkLocal, type Bond, type Controller, type Mirror, type PortVlans } from "../switch/model.ts";
import { type LabDraft, type OvsDraft, runsProgramsDraft, type SwitchSettings } from "./draft.ts";
import type { Context, Layer } from "./settings.ts";

type Node = NonNullable<NonNullable<LabDefinition["nodes"]>[string]>;
export type SwitchDefinition = Omit<Extract<Node, { kind: "switch" }>, "kind" | "interfaces">;
type PortForm = {
  readonly vlan?: number | undefined;
  readonly trunk?: "all" | readonly number[] | undefined;
  readonly native?: number | undefined;
  readonly "native-tagged"?: boolean | undefined;
};

/** What a Linux bridge does not have. */
const ovsKeys = ["rstp", "flows", "controller", "fail-mode", "openflow", "bonds", "mirrors"] as const;

/** What Open vSwitch keeps to, whatever it is told (lib/mac-learning.c). */
const ovsAgeing = { minimumSeconds: 15, maximumSeconds: 3600 } as const;

/** The port that OpenFlow controllers listen on (IANA). */
const openflowPort = 6653;

/** The settings of a switch, but for its ports' VLANs. */
export function switchSettings(layers: readonly Layer<SwitchDefinition>[], context: Context): SwitchSettings {
  const { findings } = context;
  const last = <Key extends keyof SwitchDefinition>(key: Key) => layers.findLast(({ data }) => data[key] !== undefined);
  const name = String(layers.at(-1)?.path.at(-1));
  const stp = last("stp")?.data.stp ?? false;
  const forward = last("forward");
  const protocols = [...new Set(forward?.data.forward ?? [])];
  if (stp && forward !== undefined && protocols.includes("stp"))
    findings.error("SWITCH_FORWARDS_STP", { switch: name }, [...forward.path, "forward"]);
  const ageing = last("ageing");
  // The kernel takes hundredths of a second.
  const ageingSeconds =
    ((ageing?.data.ageing === undefined ? undefined : parseDuration(ageing.data.ageing)) ?? 300_000) / 1000;
  const vlans = new Map<string, PortVlans>();
  const base = { stp, ageingSeconds, forward: protocols, vlans };
  if (last("driver")?.data.driver !== "ovs") {
    for (const key of ovsKeys) {
      const layer = last(key);
      if (layer !== undefined && layer.data[key] !== false)
        findings.error("SWITCH_NEEDS_OVS", { switch: name, key }, [...layer.path, key], "key");
    }
    return { ...base, ovs: undefined };
  }
  const rstp = last("rstp");
  if (stp && rstp?.data.rstp === true)
    findings.error("SWITCH_STP_TWICE", { switch: name }, [...rstp.path, "rstp"], "key");
  const { minimumSeconds, maximumSeconds } = ovsAgeing;
  if (ageing !== undefined && (ageingSeconds < minimumSeconds || ageingSeconds > maximumSeconds))
    findings.error("SWITCH_AGEING", { switch: name, minimumSeconds, maximumSeconds }, [...ageing.path, "ageing"]);
  if (forward !== undefined && protocols.length > 0 && protocols.length < allLinkLocal.length)
    findings.error("SWITCH_FORWARDS_ALL", { switch: name }, [...forward.path, "forward"]);
  const openflow = last("openflow")?.data.openflow ?? [];
  const controller = last("controller");
  const texts = controller?.data.controller ?? [];
  const bonds = last("bonds");
  const mirrors = last("mirrors");
  const flows = flowsOf(last("flows"), name, context);
  const ovs: OvsDraft = {
    rstp: rstp?.data.rstp ?? false,
    openflow: [...new Set(typeof openflow === "string" ? [openflow] : openflow)].sort(),
    failMode: last("fail-mode")?.data["fail-mode"] ?? "standalone",
    ...(flows === undefined ? {} : { flows }),
    controllerTexts:
      typeof texts === "string"
        ? [{ text: texts, path: [...(controller?.path ?? []), "controller"] }]
        : texts.map((text, index) => ({ text, path: [...(controller?.path ?? []), "controller", index] })),
    controllers: [],
    bonds: Object.entries(bonds?.data.bonds ?? {}).map(([bond, { ports, lacp = "active", mode, ...port }]) => {
      const path = [...(bonds?.path ?? []), "bonds", bond];
      readPortVlans({ ...base, ovs: true }, bond, port, path, findings);
      return { name: bond, ports, lacp, mode: mode ?? (lacp === "off" ? "active-backup" : "balance-tcp"), path };
    }),
    mirrors: (mirrors?.data.mirrors ?? []).map(({ from = [], direction = "both", vlans: of = [], to }, index) => ({
      from: typeof from === "string" ? [from] : from,
      direction,
      vlans: of,
      to,
      path: [...(mirrors?.path ?? []), "mirrors", index],
    })),
  };
  return { ...base, ovs };
}

/** Reads what a port or bond says of VLANs, if anything. */
export function readPortVlans(
  settings: { readonly vlans: Map<string, PortVlans>; readonly ovs: unknown },
  name: string,
  form: unknown,
  path: Path,
  findings: Findings,
): void {
  const { vlan, trunk, native, "native-tagged": tagged } = (form ?? {}) as PortForm;
  if (vlan !== undefined) {
    const other = trunk !== undefined ? "trunk" : native !== undefined ? "native" : undefined;
    if (other !== undefined) findings.error("PORT_VLANS", { port: name, problem: "both" }, [...path, other], "key");
    settings.vlans.set(name, { access: vlan });
    return;
  }
  if (tagged === true && settings.ovs === undefined)
    findings.error("SWITCH_NEEDS_OVS", { switch: name, key: "native-tagged" }, [...path, "native-tagged"], "key");
  if (trunk === undefined) {
    for (const [key, value] of Object.entries({ native, "native-tagged": tagged }))
      if (value !== undefined) findings.error("PORT_VLANS", { port: name, problem: "no-trunk" }, [...path, key], "key");
    return;
  }
  if (trunk !== "all" && trunk.length === 0)
    findings.error("PORT_VLANS", { port: name, problem: "empty" }, [...path, "trunk"]);
  if (trunk !== "all" && native !== undefined && !trunk.includes(native))
    findings.error("VLAN_NATIVE_NOT_CARRIED", { port: name, vlan: native, trunk }, [...path, "native"]);
  if (tagged !== undefined && trunk !== "all" && native === undefined)
    findings.error("PORT_VLANS", { port: name, problem: "no-native" }, [...path, "native-tagged"], "key");
  const one = native ?? (trunk === "all" ? 1 : undefined);
  settings.vlans.set(name, {
    trunk: trunk === "all" ? "all" : [...new Set(trunk)].sort((a, b) => a - b),
    ...(one === undefined ? {} : { native: { vlan: one, tagged: tagged ?? false } }),
  });
}

function flowsOf(
  layer: Layer<SwitchDefinition> | undefined,
  name: string,
  { findings, files }: Context,
): string | undefined {
  const flows = layer?.data.flows;
  if (layer === undefined || flows === undefined) return undefined;
  if (typeof flows === "string") return flows;
  const { content, from } = flows;
  const path = [...layer.path, "flows"];
  if ((content === undefined) === (from === undefined)) {
    findings.error("FLOWS_FORM", { switch: name }, path, "key");
    return undefined;
  }
  if (content !== undefined) return content;
  const bytes = files.read(from as string, "The file of flows", [...path, "from"]);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}

/** Finds the controllers that switches name, once every node has its addresses. */
export function settleControllers(draft: LabDraft, isExpected: (name: string) => boolean, findings: Findings): void {
  for (const node of draft.nodes.values()) {
    if (node.kind !== "switch" || node.settings.ovs === undefined) continue;
    const { ovs } = node.settings;
    ovs.controllers = ovs.controllerTexts.flatMap(
      ({ text, path }) => controllerOf(text, path, draft, isExpected, findings) ?? [],
    );
  }
}

function controllerOf(
  text: string,
  path: Path,
  draft: LabDraft,
  isExpected: (name: string) => boolean,
  findings: Findings,
): Controller | undefined {
  const invalid = (problem: string) => findings.error("CONTROLLER_INVALID", { text, problem }, path);
  if (text.startsWith("unix:")) {
    const socket = text.slice("unix:".length);
    if (socket.startsWith("/")) return { socket };
    invalid("the path of its socket does not begin with /");
    return undefined;
  }
  const [, bracketed, plain, digits] = /^(?:tcp:)?(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? openflowPort : Number(digits);
  if (host === undefined || host === "" || port < 1 || port > 65_535) {
    invalid("it is neither a node nor an address nor a socket");
    return undefined;
  }
  const address = parseAddress(host);
  if (!("problem" in address)) {
    const wanted = formatAddress(address);
    for (const node of draft.nodes.values()) {
      if (!runsProgramsDraft(node)) continue;
      const addresses = [...node.interfaces.values()].flatMap((one) => one.addresses);
      if (addresses.some(({ cidr }) => formatAddress(cidr) === wanted))
        return { node: node.name, address: wanted, port };
    }
    invalid("no host or router of this lab has that address");
    return undefined;
  }
  const node = draft.nodes.get(host);
  if (node === undefined) {
    if (isExpected(host)) return undefined;
    const suggestion = nearest(host, [...draft.nodes.keys()]);
    invalid(`there is no node "${host}"${suggestion === undefined ? "" : `; did you mean "${suggestion}"?`}`);
    return undefined;
  }
  if (!runsProgramsDraft(node)) {
    invalid(`${host} is a ${node.kind === "appliance" ? "virtual machine" : node.kind}, and no host or router`);
    return undefined;
  }
  return { node: host, address: "127.0.0.1", port };
}

/** A switch's part of the finished lab. */
export function builtSwitch({
  vlans,
  ovs,
  ...settings
}: SwitchSettings): Pick<SwitchNode, "stp" | "ageingSeconds" | "forward" | "vlans" | "ovs"> {
  const bare = <Item extends { readonly path: Path }>({ path: _, ...rest }: Item) => rest;
  if (ovs === undefined) return { ...settings, ...(vlans.size === 0 ? {} : { vlans: Object.fromEntries(vlans) }) };
  const { controllerTexts: _, mirrors, bonds, ...others } = ovs;
  return {
    ...settings,
    ...(vlans.size === 0 ? {} : { vlans: Object.fromEntries(vlans) }),
    ovs: {
      ...others,
      mirrors: mirrors.map((mirror): Mirror => bare(mirror)),
      bonds: bonds.map((bond): Bond => bare(bond)),
    },
  };
}
