import fc from "fast-check";
import type { NodeImage } from "../../../src/topology/image/image.ts";
import type { ApplianceNode, Interface, ProgramNode, VmDisk } from "../../../src/topology/model.ts";
import type { NodeReach } from "../../../src/topology/reach/reach.ts";
import type { GroupResources, NodeResources } from "../../../src/topology/resources.ts";
import { addressPool, loopbackPool, mac, NESTED_ROUTES, routePool } from "./addresses.ts";
import { command, environment, file, NODE_NAMES, PORTS, sometimes, text } from "./values.ts";

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
export const appliance = (index: number, nested: boolean): fc.Arbitrary<ApplianceNode> =>
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

export const groupResources: fc.Arbitrary<GroupResources> = fc
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

export function machine(index: number, nested: boolean): fc.Arbitrary<ProgramNode> {
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
  config: fc.constantFrom(
    "router ospf\n network 0.0.0.0/0 area 0\n",
    "router bgp 65001\n",
    "!\n\n! empty",
    // Those are loaded while the daemons run, from one to the other.
    "interface eth0\n ip ospf area 0\n!\nrouter ospf\n!\n",
    "interface eth0\n ip ospf area 0\n ip ospf passive\n!\nrouter ospf\n!\n",
    "interface eth0\n ip ospf area 0\n!\ninterface eth1\n ip ospf area 0\n!\nrouter ospf\n!\n",
  ),
});
