import fc from "fast-check";
import { contains, parseAddress, parseCidr } from "../../src/topology/address.ts";
import type { Capture } from "../../src/topology/capture/capture.ts";
import type { NodeImage } from "../../src/topology/image/image.ts";
import {
  type ApplianceNode,
  type Command,
  type Endpoint,
  endpointText,
  type Interface,
  isMachine,
  type Lab,
  type LabNode,
  type Link,
  type LinkConditions,
  type LinkLocalProtocol,
  linkId,
  type Machine,
  type NodeFile,
  type Process,
  type ProgramNode,
  type ReadinessCheck,
  type Route,
  runsPrograms,
  type SwitchNode,
  type VmDisk,
} from "../../src/topology/model.ts";
import { hostSide, type NodeReach } from "../../src/topology/reach/reach.ts";
import type { GroupResources, LabResources, NodeResources } from "../../src/topology/resources.ts";
import type { OpenFlowVersion, OvsSettings, PortVlans } from "../../src/topology/switch/model.ts";
import { interfaceOfSysctl } from "../../src/topology/sysctl.ts";
import { arbitraryImpairment } from "./arbitrary-impairment.ts";

/**
 * Arbitrary resolved labs: valid ones, from small pools, so that two of them often share nodes, links
 * and addresses, and differ in every other way that the model allows.
 *
 * Made in two moves: raw parts are drawn freely, then `repair` drops what would not pass validation
 * (a link to an interface that is not there, a route whose gateway nothing reaches). Two labs that are
 * mixed from the same raw parts have the very same parts in common.
 */
type RawLab = Omit<Lab, "name" | "links" | "captures"> & {
  readonly links: readonly RawLink[];
  readonly captures: readonly Capture[];
};
/** `variant`: of the ports that the link has at switches. */
type RawLink = Link & { readonly variant: number };

export const LAB_NAME = "lab";
const NODE_NAMES = ["a", "b1", "core-3", "d", "e5", "f"] as const;
/** In the order in which the resolver puts them. */
const PORTS = ["eth0", "eth1", "eth2.7", "wan"] as const;
const MODES = ["keep", "stop-on-failure", "wait-all-successful"] as const;

const text = fc.string({ unit: fc.constantFrom(..."ab z09_-=:,#'\"\\$%&{}[]|>!?*\n\täß→\u{1f600}"), maxLength: 12 });
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,7}$/);
const commandText = text.filter((value) => value.trim() !== "");

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ argv: fc.tuple(commandText, fc.array(text, { maxLength: 3 })).map(([head, tail]) => [head, ...tail]) }),
  fc.record({ shell: commandText }),
);

const environment = fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,5}$/), text, {
  maxKeys: 3,
  noNullPrototype: true,
});

const file: fc.Arbitrary<NodeFile> = fc.record({
  path: fc.constantFrom("/etc/motd", "/srv/a b/c", "/etc/ßtrange: #1"),
  contentBase64: fc
    .oneof(
      fc.string().map((value) => Buffer.from(value)),
      fc.uint8Array({ maxLength: 24 }),
    )
    .map((bytes) => Buffer.from(bytes).toString("base64")),
  mode: fc.constantFrom(0o644, 0o600, 0o755),
});

const mac = (node: number, port: number) =>
  fc.constantFrom(0, 1).map((variant) => `02:00:00:0${variant}:0${node}:0${port}`);

/**
 * Addresses of a port: a few of a pool of its own, in any order. With `nested`, some prefixes of one
 * port lie within those of another, so that the longest one decides which way a gateway is reached.
 */
function addressPool(node: number, port: number, nested: boolean): readonly string[] {
  const net = 1 + node * 8 + port;
  const pool = [
    `10.${net}.0.1/24`,
    `10.${net}.0.2/24`,
    `10.${net}.1.1/30`,
    `2001:db8:${net.toString(16)}::1/64`,
    `2001:db8:${net.toString(16)}:1::1/127`,
  ];
  return nested ? [...pool, `172.16.${port}.1/${16 + 2 * port}`, `2001:db9:0:${port + 1}::1/${32 + 8 * port}`] : pool;
}

/** The loopback addresses of a node. */
const loopbackPool = (node: number): readonly string[] => [`192.0.2.${node + 1}/32`, `2001:db8:ffff::${node + 1}/128`];

/** Where routes may lead, and by which way; those that lead nowhere are dropped by `repair`. */
function routePool(node: number): readonly Route[] {
  const routes: Route[] = [];
  for (const [index, port] of PORTS.entries()) {
    const net = 1 + node * 8 + index;
    const v6 = `2001:db8:${net.toString(16)}`;
    routes.push(
      { to: "0.0.0.0/0", via: `10.${net}.0.254` },
      { to: "0.0.0.0/0", via: `10.${net}.1.2`, metric: 100 },
      { to: "::/0", via: `${v6}::fe` },
      { to: "::/0", via: "fe80::1", interface: port, metric: 50 },
      { to: `198.51.${index}.0/24`, via: `10.${net}.0.9`, interface: port },
      { to: `169.254.${index}.0/24`, interface: port },
      { to: `198.18.${index}.0/24`, via: `169.254.${index}.1` },
      { to: `2001:dba:${index + 1}::/48`, interface: port, metric: 7 },
    );
  }
  return routes;
}

/** Reached through the nested prefixes of several ports. */
const NESTED_ROUTES: readonly Route[] = [
  { to: "198.19.0.0/16", via: "172.16.2.9" },
  { to: "2001:dbb::/32", via: "2001:db9:0:1::9" },
];

const sysctls = fc
  .record(
    {
      "net.ipv4.ip_forward": fc.constantFrom("0", "1"),
      "net.ipv6.conf.all.forwarding": fc.constantFrom("0", "1"),
      "net.ipv4.conf.eth0.rp_filter": fc.constantFrom("0", "1", "2"),
      "net.ipv4.conf.eth2/7.forwarding": fc.constantFrom("0", "1"),
      "net.ipv4.tcp_rmem": fc.constantFrom("4096 131072 6291456"),
    },
    { requiredKeys: [] },
  )
  .map((record) => ({ ...record }) as Record<string, string>);

const vmDisk: fc.Arbitrary<VmDisk> = fc.oneof(
  fc.record({
    sizeBytes: fc.constantFrom(2 ** 20, 3 * 2 ** 29),
    bus: fc.constantFrom("virtio" as const, "nvme" as const),
  }),
  fc.record({
    image: fc.constant("/usr/share"),
    format: fc.constantFrom("qcow2" as const, "raw" as const),
    bus: fc.constantFrom("ide" as const, "scsi" as const),
  }),
);

/** Routes and addresses that validation takes are those of machines. */
const appliance = (index: number, nested: boolean): fc.Arbitrary<ApplianceNode> =>
  fc
    .tuple(
      machine(index, nested),
      fc.record({
        cpus: fc.constantFrom(1, 2),
        memoryMiB: fc.constantFrom(128, 1536, 2048),
        machine: fc.constantFrom("pc", "q35"),
        firmware: fc.constantFrom("bios" as const, "uefi" as const),
        acceleration: fc.constantFrom("auto" as const, "kvm" as const, "tcg" as const),
        nic: fc.constantFrom("virtio-net-pci", "e1000"),
        disks: fc.array(vmDisk, { minLength: 1, maxLength: 2 }),
        guestAgent: fc.boolean(),
        startPaused: fc.boolean(),
        dump: fc.boolean(),
        arguments: fc.constantFrom<readonly string[]>([], ["-vga", "${std}"]),
      }),
      sometimes<GroupResources | undefined>(groupResources, undefined),
      fc.option(fc.record({ userData: fc.constantFrom("#cloud-config\n", "#!/bin/sh\necho ${x}\n") }), {
        nil: undefined,
      }),
    )
    .map(([{ name, hostname, interfaces, routes }, vm, resources, seed]) => ({
      kind: "appliance",
      engine: "vm",
      name,
      hostname,
      interfaces: interfaces.filter((one) => one.name !== "lo"),
      routes: seed === undefined ? [] : routes,
      vm: { ...vm, ...(seed === undefined ? {} : { seed }) },
      ...(resources === undefined ? {} : { resources }),
    }));

const groupResources: fc.Arbitrary<GroupResources> = fc
  .record(
    {
      cpus: fc.constantFrom(0.01, 0.5, 4),
      memoryBytes: fc.constantFrom(2 ** 20, 3 * 2 ** 29),
      processes: fc.constantFrom(50, 4000),
    },
    { requiredKeys: [] },
  )
  .filter((some) => Object.keys(some).length > 0);
const nodeResources: fc.Arbitrary<NodeResources> = fc
  .tuple(
    groupResources,
    fc.record({ programMemoryBytes: fc.constant(2 ** 28), openFiles: fc.constant(99) }, { requiredKeys: [] }),
  )
  .map(([whole, ofPrograms]) => ({ ...whole, ...ofPrograms }));

const hostSides = [
  { protocol: "tcp", address: "127.0.0.1", hostPort: 8080 },
  { protocol: "udp", address: "127.0.0.1", hostPort: 8080 },
  { protocol: "tcp", address: "::1", hostPort: 0 },
] as const;

/** Ports to publish; that two nodes have one of this machine is mended by `repair`. */
const reach: fc.Arbitrary<NodeReach | undefined> = sometimes(
  fc.shuffledSubarray([...hostSides], { minLength: 1 }).map((sides): NodeReach | undefined => ({
    prefixes: [],
    internet: false,
    translate: false,
    hostPorts: [],
    ports: sides.map((side) => ({ ...side, port: 80, ...(side.hostPort === 0 ? { to: "10.0.0.9" } : {}) })),
  })),
  undefined,
);
const aliases = fc.constantFrom(undefined, ["www"], ["www", "api.example.lab"]);

const nodeImage: fc.Arbitrary<NodeImage> = fc.record(
  {
    reference: fc.constantFrom(
      "docker.io/library/debian:12",
      "localhost:5000/a/b@sha256:" + "0".repeat(64),
      "rootfs:/usr/share",
    ),
    pull: fc.constantFrom("missing" as const, "always" as const, "never" as const),
    entrypoint: fc.array(text, { maxLength: 2 }),
    command: fc.oneof(command, fc.constant("none" as const)),
    user: fc.constantFrom("nobody", "1000:1000"),
    workingDirectory: fc.constantFrom("/", "/srv/a b"),
  },
  { requiredKeys: ["reference", "pull"] },
);

function machine(index: number, nested: boolean): fc.Arbitrary<ProgramNode> {
  const name = NODE_NAMES[index] as string;
  const port = (which: number): fc.Arbitrary<Interface> =>
    fc.record({
      name: fc.constant(PORTS[which] as string),
      mac: mac(index, which),
      addresses: fc.shuffledSubarray([...addressPool(index, which, nested)], { maxLength: 4 }),
      mtu: fc.constantFrom(1500, 1500, 1400, 9000),
    });
  const loopback: fc.Arbitrary<Interface> = fc.record({
    name: fc.constant("lo"),
    mac: fc.constant(LOOPBACK_MAC),
    addresses: fc.shuffledSubarray([...loopbackPool(index)], { minLength: 1 }),
    mtu: fc.constant(LOOPBACK_MTU),
  });
  const base = {
    name: fc.constant(name),
    interfaces: fc
      .tuple(
        fc.option(loopback, { nil: undefined }),
        ...PORTS.map((_, which) => fc.option(port(which), { freq: 3, nil: undefined })),
      )
      .map((some) => some.filter((one) => one !== undefined)),
    engine: fc.constant("namespace" as const),
    root: fc.constantFrom("isolated" as const, "isolated" as const, "host" as const),
    hostname: fc.constantFrom(name, name, `${name}-host`),
    routes: fc
      .tuple(fc.subarray([...NESTED_ROUTES]), fc.shuffledSubarray([...routePool(index)], { maxLength: 8 }))
      .map(([nestedRoutes, routes]) => [...nestedRoutes, ...routes]),
    sysctls,
    environment: sometimes(environment, {}),
    startup: sometimes(fc.array(command, { maxLength: 2 }), []),
    files: sometimes(fc.uniqueArray(file, { maxLength: 2, selector: ({ path }) => path }), []),
    console: fc.option(fc.record({ command, startsWithNode: fc.boolean() }, { requiredKeys: ["startsWithNode"] }), {
      freq: 3,
      nil: undefined,
    }),
    reach: reach as fc.Arbitrary<NodeReach>,
    aliases: aliases as fc.Arbitrary<readonly string[]>,
    resources: sometimes<NodeResources | undefined>(nodeResources, undefined) as fc.Arbitrary<NodeResources>,
    mounts: sometimes(
      fc.array(
        fc.record({ source: fc.constant("/usr/share"), target: fc.constant("/mnt/share"), readOnly: fc.boolean() }),
        { maxLength: 1 },
      ),
      [],
    ),
  };
  const withImage = fc
    .record({ ...base, kind: fc.constant("host" as const), image: nodeImage })
    .map(({ console: _, ...node }) => ({ ...node, root: "isolated" as const }));
  return fc.oneof(
    {
      weight: 2,
      arbitrary: fc
        .record({ ...base, kind: fc.constant("host" as const) })
        .map(({ console, ...rest }) => (console === undefined ? rest : { ...rest, console })),
    },
    { weight: 1, arbitrary: withImage },
    {
      weight: 1,
      arbitrary: fc
        .record({ ...base, kind: fc.constant("router" as const), frr: fc.option(frr, { nil: undefined }) })
        .map(({ frr, console, ...rest }) => ({
          ...rest,
          ...(frr === undefined ? {} : { frr }),
          ...(console === undefined ? {} : { console }),
        })),
    },
  );
}

const LOOPBACK_MAC = "00:00:00:00:00:00";
const LOOPBACK_MTU = 65536;

const frr = fc.record({
  config: fc.constantFrom("router ospf\n network 0.0.0.0/0 area 0\n", "router bgp 65001\n", "!\n\n! empty"),
});

const vlan = fc.constantFrom(1, 10, 20, 4094);
const carried = fc.uniqueArray(vlan, { minLength: 1, maxLength: 3 }).map((vlans) => vlans.sort((a, b) => a - b));
const portVlans: fc.Arbitrary<PortVlans> = fc.oneof(
  vlan.map((access) => ({ access })),
  carried.map((trunk) => ({ trunk })),
  fc.tuple(carried, fc.nat(2), fc.boolean(), fc.boolean()).map(([vlans, which, tagged, all]) => ({
    trunk: all ? ("all" as const) : vlans,
    native: { vlan: vlans[which % vlans.length] as number, tagged },
  })),
);

/** Without mirrors and bonds, which need links of theirs. */
const ovs: fc.Arbitrary<OvsSettings> = fc
  .record({
    rstp: fc.boolean(),
    openflow: fc.subarray<OpenFlowVersion>(["1.0", "1.3", "1.5"]),
    failMode: fc.constantFrom("standalone" as const, "secure" as const),
    flows: fc.constantFrom(undefined, "priority=1,actions=NORMAL\n", "table=0,tcp,actions=drop\n# ${x}\n"),
    controllers: fc.constantFrom<OvsSettings["controllers"]>([], [{ socket: "/run/a b.sock" }]),
  })
  .map(({ flows, ...rest }) => ({ ...rest, ...(flows === undefined ? {} : { flows }), mirrors: [], bonds: [] }));

function switchNode(index: number): fc.Arbitrary<LabNode> {
  return fc
    .record({
      kind: fc.constant("switch" as const),
      name: fc.constant(NODE_NAMES[index] as string),
      interfaces: fc.constant([]),
      stp: fc.boolean(),
      ageingSeconds: fc.constantFrom(300, 300, 0, 15, 0.07),
      forward: fc.subarray<LinkLocalProtocol>(["lldp", "lacp", "802.1x", "stp"]),
      vlans: sometimes<Readonly<Record<string, PortVlans>> | undefined>(
        fc
          .tuple(...PORTS.map((port) => portVlans.map((vlans) => [port, vlans] as const)))
          .chain((all) => fc.subarray([...all], { minLength: 1 }).map((some) => Object.fromEntries(some))),
        undefined,
      ),
      ovs: sometimes<OvsSettings | undefined>(ovs, undefined),
    })
    .map(({ vlans, ovs, ...node }) =>
      withoutContradiction({
        ...node,
        ...(vlans === undefined ? {} : { vlans: ovs === undefined ? sentUntagged(vlans) : vlans }),
        ...(ovs === undefined ? {} : { ovs }),
      }),
    );
}

/** A bridge sends native VLANs untagged. */
const sentUntagged = (vlans: Readonly<Record<string, PortVlans>>): Readonly<Record<string, PortVlans>> =>
  Object.fromEntries(
    Object.entries(vlans).map(([port, one]) => [
      port,
      "native" in one && one.native !== undefined ? { ...one, native: { ...one.native, tagged: false } } : one,
    ]),
  );

/** A switch that takes part in STP does not forward it; Open vSwitch forwards all or nothing, and forgets within bounds. */
function withoutContradiction(node: SwitchNode): SwitchNode {
  if (node.ovs === undefined)
    return node.stp ? { ...node, forward: node.forward.filter((protocol) => protocol !== "stp") } : node;
  return {
    ...node,
    ageingSeconds: Math.max(node.ageingSeconds, 15),
    forward: node.forward.length === 4 && !node.stp ? node.forward : [],
    ovs: { ...node.ovs, rstp: node.ovs.rstp && !node.stp },
  };
}

/** Mostly the plain value, so that most nodes stay small. */
function sometimes<T>(arbitrary: fc.Arbitrary<T>, plain: T): fc.Arbitrary<T> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary });
}

const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  node: fc.constantFrom(...NODE_NAMES),
  interface: fc.constantFrom(...PORTS),
});

const impaired = fc
  .record({ ab: arbitraryImpairment, ba: arbitraryImpairment }, { requiredKeys: [] })
  .map((both) => Object.fromEntries(Object.entries(both).filter(([, one]) => Object.keys(one).length > 0)));

const conditions: fc.Arbitrary<LinkConditions> = fc
  .record({ impairments: impaired, medium: fc.constantFrom("kernel" as const, "wire" as const) }, { requiredKeys: [] })
  .map(({ impairments = {}, ...rest }) => (Object.keys(impairments).length === 0 ? rest : { ...rest, impairments }));

const link: fc.Arbitrary<RawLink> = fc
  .record({
    a: endpoint,
    b: endpoint,
    mtu: fc.constantFrom(1500, 1500, 9000),
    variant: fc.nat(2),
    conditions: sometimes(conditions, {}),
  })
  .map(({ a, b, mtu, variant, conditions }) => ({ id: linkId(a, b), a, b, mtu, variant, ...conditions }));

const check: fc.Arbitrary<ReadinessCheck> = fc.oneof(
  fc.record({ type: fc.constantFrom("tcp" as const, "udp" as const), port: fc.integer({ min: 1, max: 65535 }) }),
  fc.record({ type: fc.constant("command" as const), command }),
  fc.record({ type: fc.constant("log" as const), pattern: fc.constantFrom("ready", "^listening on .*: \\d+$") }),
  fc.record({ type: fc.constant("file" as const), path: fc.constantFrom("/run/ready", "/tmp/a b") }),
);

function process(name: string): fc.Arbitrary<Process> {
  return fc
    .record({
      name: fc.constant(name),
      node: fc.constantFrom(...NODE_NAMES),
      command,
      environment: sometimes(environment, {}),
      directory: fc.option(fc.constantFrom("/srv", "/tmp/a b"), { nil: undefined }),
      user: fc.option(fc.constantFrom("nobody", "1000", "1000:1000"), { nil: undefined }),
      ready: fc.option(
        fc.record({
          intervalMs: fc.constantFrom(50, 1000),
          timeoutMs: fc.constantFrom(1500, 30_000),
          check,
        }),
        { nil: undefined },
      ),
      after: fc.uniqueArray(
        fc.record({
          process: fc.constantFrom(...PROCESS_NAMES.filter((other) => other !== name)),
          condition: fc.constantFrom("started" as const, "ready" as const, "success" as const),
        }),
        { maxLength: 2, selector: (dependency) => dependency.process },
      ),
      restart: fc.constantFrom("no" as const, "on-failure" as const, "always" as const),
      tags: fc.uniqueArray(word, { maxLength: 2 }),
      stopSignal: fc.constantFrom("SIGTERM", "SIGINT"),
      graceMs: fc.constantFrom(0, 250, 10_000),
    })
    .map(({ directory, user, ready, ...rest }) => ({
      ...rest,
      ...(directory === undefined ? {} : { directory }),
      ...(user === undefined ? {} : { user }),
      ...(ready === undefined ? {} : { ready }),
    }));
}

const PROCESS_NAMES = ["server", "client", "probe-1", "z"] as const;

const capture = (file: string): fc.Arbitrary<Capture> =>
  fc.record(
    {
      file: fc.constant(file),
      interfaces: fc.uniqueArray(
        fc.record({ node: fc.constantFrom(...NODE_NAMES), interface: fc.constantFrom(...PORTS) }),
        {
          minLength: 1,
          maxLength: 3,
          selector: endpointText,
        },
      ),
      filter: commandText,
      snaplenBytes: fc.constantFrom(64, 262_144),
      maxFrames: fc.constantFrom(1, 100_000),
      durationMs: fc.constantFrom(10, 60_000),
      ringBytes: fc.constantFrom(65_536, 65_537, 2 ** 24),
    },
    { requiredKeys: ["file", "interfaces"] },
  );
const CAPTURE_FILES = ["a.pcapng", "b-1.pcap", "Uplink+2.pcapng"] as const;

const some = <T>(arbitraries: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T[]> =>
  fc
    .tuple(...arbitraries.map((arbitrary) => fc.option(arbitrary, { freq: 2, nil: undefined })))
    .map((values) => values.filter((value) => value !== undefined));

const rawLab = (nested: boolean): fc.Arbitrary<RawLab> =>
  fc.record({
    mode: fc.constantFrom(...MODES),
    nodes: some<LabNode>(
      NODE_NAMES.map((_, index) =>
        fc.oneof(
          { weight: 3, arbitrary: machine(index, nested) },
          { weight: 1, arbitrary: switchNode(index) },
          { weight: 1, arbitrary: appliance(index, nested) },
        ),
      ),
    ),
    links: fc.array(link, { maxLength: 10 }),
    processes: some(PROCESS_NAMES.map(process)),
    captures: some(CAPTURE_FILES.map(capture)),
    resources: sometimes<LabResources>(
      fc
        .tuple(groupResources, fc.boolean())
        .map(([whole, wish]) => (wish ? { ...whole, enforce: "if-possible" as const } : whole)),
      {},
    ),
  });

/** Drops what validation would refuse. */
function repair(raw: RawLab): Lab {
  const jacks = new Set(
    raw.nodes.flatMap((node) => node.interfaces.map((one) => endpointText({ node: node.name, interface: one.name }))),
  );
  const switches = new Set(raw.nodes.filter((node) => !isMachine(node)).map((node) => node.name));
  const taken = new Set<string>();
  const trees = new Trees();
  const links = raw.links.filter(({ a, b }) => {
    if (a.node === b.node) return false;
    const ends = [a, b];
    if (!ends.every((end) => jacks.has(endpointText(end)) || switches.has(end.node))) return false;
    if (ends.some((end) => taken.has(endpointText(end)))) return false;
    if (ends.every((end) => switches.has(end.node)) && !trees.join(a.node, b.node)) return false;
    for (const end of ends) taken.add(endpointText(end));
    return true;
  });

  const machines = new Set(raw.nodes.filter(runsPrograms).map((node) => node.name));
  const processes: Process[] = [];
  for (const process of raw.processes) {
    if (!machines.has(process.node)) continue;
    // Only on processes before it, so that there are no circles; and only on what can come true.
    const after = process.after.flatMap((dependency) => {
      const other = processes.find(({ name }) => name === dependency.process);
      if (other === undefined || (dependency.condition === "ready" && other.ready === undefined)) return [];
      return dependency.condition === "success" && other.restart === "always" ? [] : [dependency];
    });
    processes.push({ ...process, after });
  }
  const published = new Set<string>();
  const nodes = raw.nodes.map((node) =>
    isMachine(node) ? withoutTakenPorts(repairMachine(node), published) : withPorts(node, links),
  );
  const there = new Set(nodes.flatMap((node) => node.interfaces.map((one) => `${node.name}:${one.name}`)));
  const captures = raw.captures.flatMap((one) => {
    const interfaces = one.interfaces.filter((end) => there.has(endpointText(end)));
    return interfaces.length === 0 ? [] : [{ ...one, interfaces }];
  });
  return {
    name: LAB_NAME,
    mode: raw.mode,
    nodes,
    links: links.map(({ variant: _, ...link }) => link),
    // Not in the order in which they start, so that it has to be worked out.
    processes: processes.reverse(),
    ...(captures.length === 0 ? {} : { captures }),
    ...(Object.keys(raw.resources ?? {}).length === 0 ? {} : { resources: raw.resources as LabResources }),
  };
}

/** Sets that are joined (union-find): whether a link closes a loop of switches, in which frames would circle. */
class Trees {
  readonly #parents = new Map<string, string>();

  /** False when the two are joined already. */
  join(a: string, b: string): boolean {
    const [one, other] = [this.#root(a), this.#root(b)];
    this.#parents.set(one, other);
    return one !== other;
  }

  #root(of: string): string {
    const parent = this.#parents.get(of);
    return parent === undefined || parent === of ? of : this.#root(parent);
  }
}

/** A node with the ports of this machine that no other has, and nothing that is undefined, which JSON does not keep. */
function withoutTakenPorts<Node extends Machine>(node: Node, published: Set<string>): Node {
  if (!runsPrograms(node)) return node;
  const { reach, aliases, resources, ...rest } = node as ProgramNode;
  const ports = (reach?.ports ?? []).filter((port) => {
    const key = hostSide(port);
    return port.hostPort === 0 || (!published.has(key) && published.add(key));
  });
  return {
    ...rest,
    ...(aliases === undefined ? {} : { aliases }),
    ...(resources === undefined ? {} : { resources }),
    ...(reach === undefined || ports.length === 0 ? {} : { reach: { ...reach, ports } }),
  } as ProgramNode as Node;
}

/** A switch with a port for each of its links. */
function withPorts(node: SwitchNode, links: readonly RawLink[]): SwitchNode {
  const ports = links.flatMap(({ a, b, mtu, variant }) =>
    [a, b]
      .filter((end) => end.node === node.name)
      .map((end) => ({
        name: end.interface,
        mac: `02:00:01:0${variant === 1 ? 1 : 0}:0${NODE_NAMES.indexOf(node.name as "a")}:0${PORTS.indexOf(end.interface as "wan")}`,
        addresses: [],
        mtu: variant === 2 ? 1400 : mtu,
      })),
  );
  const names = new Set(ports.map(({ name }) => name));
  const { vlans = {}, ...rest } = node;
  const known = Object.entries(vlans).filter(([port]) => names.has(port));
  return withoutContradiction({
    ...rest,
    interfaces: ports.sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(known.length === 0 ? {} : { vlans: Object.fromEntries(known) }),
  });
}

function repairMachine<Node extends ProgramNode | ApplianceNode>(node: Node): Node {
  const names = new Set(node.interfaces.map((one) => one.name));
  const routes: Route[] = [];
  const destinations = new Set<string>();
  for (const route of [...node.routes.filter(({ via }) => !via), ...node.routes.filter(({ via }) => via)]) {
    const destination = `${route.to} ${route.metric ?? 0}`;
    if (destinations.has(destination) || !isReachable(route, node.interfaces, routes)) continue;
    destinations.add(destination);
    routes.push(route);
  }
  const kept = new Set(routes);
  const repaired = { ...node, routes: node.routes.filter((route) => kept.has(route)) };
  if (!runsPrograms(repaired)) return repaired;
  return {
    ...repaired,
    sysctls: Object.fromEntries(
      Object.entries(repaired.sysctls).filter(([key]) => {
        const owner = interfaceOfSysctl(key);
        return owner === undefined || names.has(owner);
      }),
    ),
  };
}

/** Whether an interface of the node leads to the route's gateway, directly or by a route before it. */
function isReachable(route: Route, interfaces: readonly Interface[], before: readonly Route[]): boolean {
  const candidates = interfaces.filter((one) => route.interface === undefined || route.interface === one.name);
  if (candidates.length === 0) return false;
  if (route.via === undefined || route.via.startsWith("fe80:")) return true;
  const gateway = parseAddress(route.via);
  if ("problem" in gateway) throw new Error(`${route.via}: ${gateway.problem}`);
  return candidates.some((one) => {
    const direct = before.filter((other) => other.via === undefined && other.interface === one.name);
    return [...one.addresses, ...direct.map(({ to }) => to)].some((text) => {
      const prefix = parseCidr(text);
      return !("problem" in prefix) && contains(prefix, gateway);
    });
  });
}

/** Any valid lab. `nested`: prefixes of one interface may lie within those of another. */
export const arbitraryLab = ({ nested = true } = {}): fc.Arbitrary<Lab> => rawLab(nested).map(repair);

/** Two valid labs, each drawn part by part from the same two, so that they have much in common. */
export const relatedLabs = (): fc.Arbitrary<readonly [Lab, Lab]> =>
  fc
    .tuple(rawLab(true), rawLab(true), fc.infiniteStream(fc.integer({ min: 0, max: 9 })))
    .map(([first, second, dice]) => {
      const draw = () => dice.next().value as number;
      return [repair(mix(first, second, draw)), repair(mix(first, second, draw))] as const;
    });

/** For each part: mostly that of `first`, at times that of `second`, or half of each, or none. */
function mix(first: RawLab, second: RawLab, draw: () => number): RawLab {
  const pick = <T>(ours: readonly T[], theirs: readonly T[], key: (item: T) => string, blend: (a: T, b: T) => T) => {
    const others = new Map(theirs.map((item) => [key(item), item]));
    const result: T[] = [];
    for (const name of new Set([...ours, ...theirs].map(key))) {
      const mine = ours.find((item) => key(item) === name);
      const other = others.get(name);
      const roll = draw();
      if (mine === undefined || other === undefined) {
        const only = mine ?? other;
        if (only !== undefined && roll < 7) result.push(only);
      } else if (roll < 5) result.push(mine);
      else if (roll < 6) result.push(other);
      else if (roll < 9) result.push(blend(mine, other));
    }
    return result;
  };
  return {
    mode: draw() < 7 ? first.mode : second.mode,
    nodes: pick(
      first.nodes,
      second.nodes,
      (node) => node.name,
      (a, b) => blendRecords(a, b, draw, ["kind", "interfaces"]),
    ),
    links: pick(
      first.links,
      second.links,
      (one) => one.id,
      (a) => a,
    )
      .map((one) => (draw() < 2 ? { ...one, variant: draw() % 3 } : one))
      .map((one) => (draw() < 3 ? withConditions(one, OTHER_CONDITIONS[draw() % OTHER_CONDITIONS.length]) : one)),
    processes: pick(
      first.processes,
      second.processes,
      (one) => one.name,
      (a, b) => blendRecords(a, b, draw, []),
    ),
    captures: pick(
      first.captures,
      second.captures,
      (one) => one.file,
      (a, b) => (draw() < 7 ? a : b),
    ),
  };
}

const OTHER_CONDITIONS: readonly LinkConditions[] = [
  {},
  { medium: "wire" },
  { impairments: { ab: { delayMs: 20 } } },
  { impairments: { ab: { delayMs: 20 }, ba: { loss: { uniform: 0.1 } } }, medium: "kernel" },
];

function withConditions(link: RawLink, conditions: LinkConditions = {}): RawLink {
  const { impairments: _, medium: __, ...bare } = link;
  return { ...bare, ...conditions };
}

/** `a` with some fields of `b`, and of `interfaces` some of each; `a` itself when they are of two kinds. */
function blendRecords<T extends object>(a: T, b: T, draw: () => number, whole: readonly string[]): T {
  const ours = a as Record<string, unknown>;
  const theirs = b as Record<string, unknown>;
  if (ours["kind"] !== theirs["kind"]) return draw() < 5 ? a : b;
  const result: Record<string, unknown> = { ...ours };
  for (const key of Object.keys(theirs)) if (!whole.includes(key) && draw() < 2) result[key] = theirs[key];
  if (Array.isArray(ours["interfaces"])) {
    const other = new Map((theirs["interfaces"] as Interface[]).map((one) => [one.name, one]));
    const mine = (ours["interfaces"] as Interface[]).map((one) => {
      const their = other.get(one.name);
      return their !== undefined && draw() < 3 ? { ...one, addresses: their.addresses } : one;
    });
    const extra = [...other.values()].filter((one) => !mine.some(({ name }) => name === one.name) && draw() < 2);
    result["interfaces"] = [...mine, ...extra].filter(() => draw() < 9);
  }
  return result as T;
}
