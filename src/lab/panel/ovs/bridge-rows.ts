import {
  type Bond,
  describeVlans,
  type Interface,
  type Mirror,
  type OvsSettings,
  type PortVlans,
  plainPort,
  type SwitchNode,
} from "../../../topology/index.ts";

/**
 * A switch as rows of Open vSwitch's database (ovs-vswitchd.conf.db(5)), and the arguments of ovs-vsctl(8)
 * that turn one state of them into another. Pure.
 */

/** A port, or a bond of several, with its interfaces by the names of their jacks in the panel. */
export type PortRow = {
  readonly name: string;
  readonly interfaces: readonly { readonly jack: string; readonly ofport: number }[];
  /** `column=value`, every column that is ever set. */
  readonly columns: readonly string[];
};

export type BridgeRow = {
  readonly name: string;
  readonly columns: readonly string[];
  /** Where controllers are, as Open vSwitch writes it. */
  readonly controllers: readonly string[];
  readonly ports: readonly PortRow[];
  readonly mirrors: readonly MirrorRow[];
};

/** Ports by the names of their rows. */
type MirrorRow = Omit<Mirror, "from" | "to"> & { readonly from: readonly string[]; readonly to: string };

export type BridgeRequest = {
  readonly node: SwitchNode & { readonly ovs: OvsSettings };
  /** Of the bridge in the panel. */
  readonly name: string;
  readonly mac: string;
  readonly datapath: string;
  readonly controllers: readonly string[];
  /** Names of jacks, by port: those whose links are there. */
  readonly plugged: ReadonlyMap<string, string>;
};

/** The timers of the kernel's bridges here: the shortest that IEEE 802.1D allows together (table 17-1). */
const spanningTree = { hello: 1, maxAge: 6, forwardDelay: 4 } as const;

export function bridgeRow({ node, name, mac, datapath, controllers, plugged }: BridgeRequest): BridgeRow {
  const { ovs, stp, ageingSeconds, forward } = node;
  const otherConfig = {
    hwaddr: mac,
    "mac-aging-time": String(ageingSeconds),
    "forward-bpdu": String(forward.length > 0),
    // The switch has no addresses, and no way to its controllers through its own ports.
    "disable-in-band": "true",
    "stp-hello-time": String(spanningTree.hello),
    "stp-max-age": String(spanningTree.maxAge),
    "stp-forward-delay": String(spanningTree.forwardDelay),
    "rstp-max-age": String(spanningTree.maxAge),
    "rstp-forward-delay": String(spanningTree.forwardDelay),
  };
  const numbers = portNumbers(node.interfaces);
  const ports = portRows(node, name, plugged, numbers);
  const rowOf = new Map(ports.map(({ lab, row }) => [lab, row.name]));
  return {
    name,
    columns: [
      `datapath_type=${datapath}`,
      `stp_enable=${stp}`,
      `rstp_enable=${ovs.rstp}`,
      `fail_mode=${ovs.failMode}`,
      `protocols=[${ovs.openflow.map((version) => `OpenFlow${version.replace(".", "")}`).join(",")}]`,
      `other_config=${mapText(otherConfig)}`,
    ],
    controllers,
    ports: ports.map(({ row }) => row),
    // One whose ports are not all there copies nothing.
    mirrors: ovs.mirrors.flatMap(({ from, to, ...mirror }) => {
      const [sources, target] = [from.map((port) => rowOf.get(port)), rowOf.get(to)];
      if (target === undefined || !sources.every((row) => row !== undefined)) return [];
      return [{ ...mirror, from: sources, to: target }];
    }),
  };
}

/** OpenFlow's numbers of ports: `p3` is 3; any other name has the lowest number that is left. */
export function portNumbers(interfaces: readonly Pick<Interface, "name">[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { name } of interfaces) {
    const number = Number(/^p([1-9]\d{0,3})$/.exec(name)?.[1]);
    if (!Number.isNaN(number)) numbers.set(name, number);
  }
  const taken = new Set(numbers.values());
  let next = 1;
  for (const { name } of interfaces) {
    if (numbers.has(name)) continue;
    while (taken.has(next)) next++;
    taken.add(next);
    numbers.set(name, next);
  }
  return numbers;
}

function portRows(
  node: BridgeRequest["node"],
  bridge: string,
  plugged: ReadonlyMap<string, string>,
  numbers: ReadonlyMap<string, number>,
): readonly { readonly lab: string; readonly row: PortRow }[] {
  const { vlans, ovs } = node;
  // A switch that knows no VLANs passes every tag on.
  const vlansOf = (name: string) => vlanColumns(vlans === undefined ? undefined : (vlans[name] ?? plainPort));
  const interfaceOf = (port: string) => {
    const jack = plugged.get(port);
    return jack === undefined ? [] : [{ jack, ofport: numbers.get(port) ?? 0 }];
  };
  const inBonds = new Set(ovs.bonds.flatMap(({ ports }) => ports));
  const single = [...plugged].flatMap(([lab, jack]) =>
    inBonds.has(lab)
      ? []
      : [{ lab, row: { name: jack, interfaces: interfaceOf(lab), columns: [...vlansOf(lab), ...noBond] } }],
  );
  const bonds = ovs.bonds.flatMap((bond) => {
    const interfaces = bond.ports.flatMap(interfaceOf);
    const columns = [...vlansOf(bond.name), ...bondColumns(bond)];
    return interfaces.length === 0
      ? []
      : [{ lab: bond.name, row: { name: `${bridge}.${bond.name}`, interfaces, columns } }];
  });
  return [...single, ...bonds];
}

/** What `describeVlans` says of each port and bond, and the number of each port, for people. */
export function portNotes(node: SwitchNode): ReadonlyMap<string, { readonly vlans?: string; readonly bond?: string }> {
  const { vlans, ovs, interfaces } = node;
  return new Map(
    interfaces.map(({ name }) => {
      const bond = ovs?.bonds.find(({ ports }) => ports.includes(name))?.name;
      const own = vlans === undefined ? undefined : (vlans[bond ?? name] ?? plainPort);
      return [
        name,
        { ...(own === undefined ? {} : { vlans: describeVlans(own) }), ...(bond === undefined ? {} : { bond }) },
      ];
    }),
  );
}

function vlanColumns(vlans: PortVlans | undefined): readonly string[] {
  if (vlans === undefined) return ["tag=[]", "trunks=[]", "vlan_mode=[]"];
  if ("access" in vlans) return [`tag=${vlans.access}`, "trunks=[]", "vlan_mode=access"];
  const trunks = `trunks=[${vlans.trunk === "all" ? "" : vlans.trunk.join(",")}]`;
  if (vlans.native === undefined) return ["tag=[]", trunks, "vlan_mode=trunk"];
  const { vlan, tagged } = vlans.native;
  return [`tag=${vlan}`, trunks, `vlan_mode=${tagged ? "native-tagged" : "native-untagged"}`];
}

const noBond = ["lacp=[]", "bond_mode=[]", "other_config={}"] as const;

const bondColumns = ({ lacp, mode }: Bond): readonly string[] => [
  `lacp=${lacp}`,
  `bond_mode=${mode}`,
  // A lab is not a place to wait: LACP's short timeout is three seconds instead of ninety (IEEE 802.1AX, 6.4.4).
  `other_config=${mapText({ "lacp-time": "fast" })}`,
];

/**
 * The arguments of ovs-vsctl that make `after` of `before`; nothing when they are the same. What stays is not
 * touched, so that its frames are not lost.
 */
export function changeArguments(before: BridgeRow | undefined, after: BridgeRow | undefined): readonly string[] {
  if (after === undefined) return before === undefined ? [] : ["--", "--if-exists", "del-br", before.name];
  const { name } = after;
  const words: string[] = [];
  if (before === undefined) words.push("--", "--may-exist", "add-br", name);
  if (!sameList(before?.columns, after.columns)) words.push("--", "set", "Bridge", name, ...after.columns);
  if (!sameList(before?.controllers ?? [], after.controllers)) words.push(...controllerArguments(after));

  const present = new Map(before?.ports.map((port) => [port.name, port]));
  const wanted = new Map(after.ports.map((port) => [port.name, port]));
  const stays = (port: PortRow | undefined, other: PortRow | undefined) =>
    port !== undefined && other !== undefined && JSON.stringify(port.interfaces) === JSON.stringify(other.interfaces);
  const mirrorsDiffer =
    JSON.stringify(before?.mirrors ?? []) !== JSON.stringify(after.mirrors) ||
    after.mirrors.some(({ from, to }) => [...from, to].some((port) => !stays(present.get(port), wanted.get(port))));
  if (mirrorsDiffer && (before?.mirrors.length ?? 0) > 0) words.push("--", "clear", "Bridge", name, "mirrors");
  for (const port of before?.ports ?? [])
    if (!stays(port, wanted.get(port.name))) words.push("--", "--if-exists", "del-port", name, port.name);
  for (const [index, port] of after.ports.entries()) {
    const old = present.get(port.name);
    if (!stays(old, port)) words.push(...portArguments(name, port, index));
    else if (!sameList(old?.columns, port.columns)) words.push("--", "set", "Port", port.name, ...port.columns);
  }
  if (mirrorsDiffer) words.push(...mirrorArguments(after));
  return words;
}

function controllerArguments({ name, controllers }: BridgeRow): readonly string[] {
  if (controllers.length === 0) return ["--", "clear", "Bridge", name, "controller"];
  const ids = controllers.map((_, index) => `@${name}-c${index}`);
  return [
    ...controllers.flatMap((target, index) => [
      "--",
      `--id=${ids[index]}`,
      "create",
      "Controller",
      `target=${JSON.stringify(target)}`,
      // One that starts after the switch is found within a second.
      "max_backoff=1000",
    ]),
    ...["--", "set", "Bridge", name, `controller=[${ids.join(",")}]`],
  ];
}

function portArguments(bridge: string, { name, interfaces, columns }: PortRow, index: number): readonly string[] {
  const id = `@${bridge}-p${index}`;
  const ids = interfaces.map((_, number) => `${id}-${number}`);
  return [
    ...interfaces.flatMap(({ jack, ofport }, number) => [
      ...["--", `--id=${ids[number]}`, "create", "Interface", `name=${JSON.stringify(jack)}`],
      `ofport_request=${ofport}`,
    ]),
    ...[
      "--",
      `--id=${id}`,
      "create",
      "Port",
      `name=${JSON.stringify(name)}`,
      `interfaces=[${ids.join(",")}]`,
      ...columns,
    ],
    ...["--", "add", "Bridge", bridge, "ports", id],
  ];
}

function mirrorArguments({ name, mirrors }: BridgeRow): readonly string[] {
  const ports = [...new Set(mirrors.flatMap(({ from, to }) => [...from, to]))];
  const idOf = (port: string) => `@${name}-r${ports.indexOf(port)}`;
  const ids = mirrors.map((_, index) => `@${name}-m${index}`);
  if (mirrors.length === 0) return [];
  return [
    ...ports.flatMap((port) => ["--", `--id=${idOf(port)}`, "get", "Port", port]),
    ...mirrors.flatMap(({ from, direction, vlans, to }, index) => {
      const sources = `[${from.map(idOf).join(",")}]`;
      return [
        ...["--", `--id=${ids[index]}`, "create", "Mirror", `name="mirror${index}"`, `output_port=${idOf(to)}`],
        ...(from.length === 0 ? ["select_all=true"] : []),
        ...(from.length > 0 && direction !== "out" ? [`select_src_port=${sources}`] : []),
        ...(from.length > 0 && direction !== "in" ? [`select_dst_port=${sources}`] : []),
        ...(vlans.length === 0 ? [] : [`select_vlan=[${vlans.join(",")}]`]),
      ];
    }),
    ...["--", "set", "Bridge", name, `mirrors=[${ids.join(",")}]`],
  ];
}

/** A map of strings as ovs-vsctl reads it. */
export const mapText = (map: Readonly<Record<string, string>>): string =>
  `{${Object.entries(map)
    .map(([key, value]) => `${JSON.stringify(key)}=${JSON.stringify(value)}`)
    .join(",")}}`;

const sameList = (a: readonly string[] | undefined, b: readonly string[]): boolean =>
  a !== undefined && a.length === b.length && a.every((one, index) => one === b[index]);
