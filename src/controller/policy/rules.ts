import { isIP } from "node:net";
import type { ProjectPolicy } from "../../api/index.ts";
import { parseImageReference } from "../../topology/image/reference.ts";
import {
  type ApplianceNode,
  hostPortText,
  isAppliance,
  type Lab,
  labError,
  type NetwrightError,
  type ProgramNode,
  type PublishedPort,
  portText,
  runsPrograms,
} from "../../topology/index.ts";

/** What the server's administrator gives to labs of all projects. */
export type ServerRules = {
  /** Where images may come from: a host with its port if any, `*.example.org` for all below. */
  readonly registries: readonly string[];
  /** Where published ports are; absent: nowhere. */
  readonly ports?: { readonly address: string; readonly from: number; readonly to: number };
  /** Disks that virtual machines may have, by the name that lab files have for them: full paths. */
  readonly vmImages: ReadonlyMap<string, string>;
};

/** Public registries that ask for nothing inside of the server's network. */
export const defaultRegistries = ["docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "mcr.microsoft.com"] as const;

export const noRules: ServerRules = { registries: [...defaultRegistries], vmImages: new Map() };

/** Rules of a project's labs. */
export type TeamRules = { readonly policy: ProjectPolicy; readonly server: ServerRules };

/** QEMU's options are words with commas between, and some of them write files: only what is a name is passed on. */
const machineTypes = /^(?:pc|q35|virt|pc-(?:i440fx|q35)-\d+\.\d+|virt-\d+\.\d+)$/;
const cpuModels = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,60}$/;
const networkCards =
  /^(?:virtio-net-pci|e1000e?|e1000-82545em|igb|vmxnet3|rtl8139|ne2k_pci|pcnet|i8255\w{1,6}|usb-net)$/;

/** Everything of a lab that reaches for the server, or that its project may not. */
export function forbiddenIn(lab: Lab, rules: TeamRules): readonly NetwrightError[] {
  return lab.nodes.flatMap((node) => {
    const what = isAppliance(node)
      ? forbiddenToAppliance(node, rules)
      : runsPrograms(node)
        ? forbiddenToPrograms(node, rules)
        : [];
    return [...what].map((one) =>
      "policy" in one
        ? labError("POLICY_FORBIDS", { node: node.name, ...one })
        : labError("LAB_FORBIDDEN_HERE", { node: node.name, ...one }),
    );
  });
}

/** `what`: no lab of a team may. `policy`: those of projects may that are allowed to. */
type Forbidden = { readonly what: string } | { readonly wants: string; readonly policy: string };

function* forbiddenToPrograms(node: ProgramNode, { policy, server }: TeamRules): Generator<Forbidden> {
  const { reach } = node;
  if (node.root === "host") yield { what: "has the file system of the server (root: host)" };
  if (node.mounts.length > 0) yield { what: "mounts folders of the server" };
  if (node.engine === "container") yield { what: "is a container of an engine that all of the server share" };
  if (node.image !== undefined) {
    const problem = imageProblem(node.image.reference, server.registries);
    if (problem !== undefined) yield { what: problem };
  }
  if (reach === undefined) return;
  if (reach.internet && !policy.internet) yield { wants: "reaches the internet", policy: "internet" };
  for (const port of reach.hostPorts)
    if (!policy.allowHost.includes(hostPortText(port)))
      yield { wants: `reaches the server's port ${hostPortText(port)} (allow-host)`, policy: "allowHost" };
  if (reach.ports.length > 0 && !policy.ports) yield { wants: "publishes ports", policy: "ports" };
  else for (const port of reach.ports) yield* forbiddenPort(port, server.ports);
}

function* forbiddenPort(port: PublishedPort, place: ServerRules["ports"]): Generator<Forbidden> {
  if (place === undefined)
    yield { what: "publishes ports, for which this server has no address (ports: in its configuration)" };
  // Loopback is what a port without an address has: then it is the server's to choose.
  else if (port.address !== "127.0.0.1" && port.address !== place.address)
    yield { what: `publishes ${portText(port)} elsewhere than at ${place.address}` };
  else if (port.hostPort !== 0 && (port.hostPort < place.from || port.hostPort > place.to))
    yield { what: `publishes ${portText(port)} outside of the ports ${place.from} to ${place.to}` };
}

function* forbiddenToAppliance({ vm }: ApplianceNode, { policy }: TeamRules): Generator<Forbidden> {
  if (!policy.vms) {
    yield { wants: "is a virtual machine", policy: "vms" };
    return;
  }
  if (vm.kernel !== undefined) yield { what: "starts a kernel that is a file of the server" };
  if (vm.arguments.length > 0) yield { what: "gives QEMU arguments of its own" };
  if (!machineTypes.test(vm.machine)) yield { what: `has the machine type ${JSON.stringify(vm.machine)}` };
  if (vm.cpuModel !== undefined && !cpuModels.test(vm.cpuModel))
    yield { what: `has the processor model ${JSON.stringify(vm.cpuModel)}` };
  if (!networkCards.test(vm.nic)) yield { what: `has network cards of the model ${JSON.stringify(vm.nic)}` };
}

/** Why an image may not be fetched; undefined when it may. */
export function imageProblem(text: string, registries: readonly string[]): string | undefined {
  const reference = parseImageReference(text);
  // What is no reference was said already, when the lab file was read.
  if ("problem" in reference) return `has an image that cannot be read: ${reference.problem}`;
  if (reference.from !== "registry") return "has an image that is kept on the server, and in no registry";
  if (registries.some((allowed) => isRegistry(reference.registry.toLowerCase(), allowed.toLowerCase())))
    return undefined;
  return `has an image of ${reference.registry}; images come from ${registries.join(", ") || "nowhere"} here`;
}

const isRegistry = (host: string, allowed: string): boolean =>
  host === allowed || (allowed.startsWith("*.") && isIP(host) === 0 && host.endsWith(allowed.slice(1)));

/** The lab with the files and ports that names in it stand for. */
export function withServerThings(lab: Lab, { server }: TeamRules): Lab {
  return {
    ...lab,
    nodes: lab.nodes.map((node) => {
      if (isAppliance(node))
        return { ...node, vm: { ...node.vm, disks: node.vm.disks.map((disk) => withImage(disk, server.vmImages)) } };
      if (!runsPrograms(node) || node.reach === undefined || server.ports === undefined) return node;
      const { address } = server.ports;
      return { ...node, reach: { ...node.reach, ports: node.reach.ports.map((port) => ({ ...port, address })) } };
    }),
  };
}

/** A lab file's `image: debian` is, from where a lab file of a team lies, this. */
export const vmImagePath = (name: string): string => `/${name}`;

function withImage<Disk extends { readonly image?: string }>(disk: Disk, images: ServerRules["vmImages"]): Disk {
  const path = disk.image === undefined ? undefined : images.get(disk.image.slice(1));
  return path === undefined ? disk : { ...disk, image: path };
}
