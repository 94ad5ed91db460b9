import { Document, isMap, isScalar, isSeq, Scalar, visit, type YAMLMap, type YAMLSeq } from "yaml";
import { captureDefinition } from "./capture/definition.ts";
import type { Drawing } from "./drawing/drawing.ts";
import { formatDuration } from "./duration.ts";
import { faultsDefinition } from "./faults/definition.ts";
import type { NodeImage } from "./image/image.ts";
import { impairmentSettings } from "./impairment/describe.ts";
import type { AnyKind } from "./kinds/kind.ts";
import { kindDefinitions } from "./kinds/registry.ts";
import type { Json } from "./kinds/software.ts";
import {
  type ApplianceNode,
  type Command,
  endpointText,
  type Interface,
  type Lab,
  type LabNode,
  type Link,
  type Machine,
  type NodeConsole,
  type NodeFile,
  type Process,
  type ProgramNode,
  type Readiness,
  type VmDisk,
} from "./model.ts";
import { hostPortText, type NodeReach } from "./reach/reach.ts";
import type { HostRequirements } from "./requires/requirements.ts";
import type { GroupResources, LabResources, NodeResources } from "./resources.ts";
import type { LabDefinition } from "./schema/lab.ts";
import { formatSize } from "./size.ts";
import { switchDefinition } from "./switch/definition.ts";

/**
 * A resolved lab as a lab file, with nothing left to decide: every address, MAC address and MTU is
 * there; variables, defaults, generators and networks are gone, and files are within. Loaded again it
 * gives the same lab.
 *
 * @returns YAML, ended by a newline
 */
export function printLab(lab: Lab): string {
  // Quotes what YAML 1.1, which many tools still read, takes for something else: no, 02:00:00:00:00:01.
  const document = new Document(labDefinition(lab), { compat: "yaml-1.1" });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === "string" && UNSEEN.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
    Collection: (_, node) => {
      node.flow = fitsLine(node);
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/**
 * What a block would not show or keep: invisible characters, line breaks other than a line feed, and
 * lines of spaces alone, which count as indentation.
 */
const UNSEEN = /[^\P{C}\n]|[^\P{Z} ]|^ +$/mu;
const MAX_FLOW = 100;

/** Whether a collection is simple (a map of scalars or lists of them, a list of scalars) and short. */
function fitsLine(collection: YAMLMap | YAMLSeq): boolean {
  const isSimple = isMap(collection)
    ? collection.items.every(({ value }) => isScalar(value) || (isSeq(value) && value.items.every(isScalar)))
    : collection.items.every(isScalar);
  if (!isSimple) return false;
  const text = JSON.stringify(collection.toJSON());
  return text.length <= MAX_FLOW && !text.includes("\\n");
}

/** The lab as the data of a lab file. */
export function labDefinition(lab: Lab): LabDefinition {
  return {
    name: lab.name,
    mode: lab.mode,
    ...given("nodes", Object.fromEntries(lab.nodes.map((node) => [node.name, nodeDefinition(node)]))),
    ...given("links", lab.links.map(linkDefinition)),
    ...given(
      "processes",
      Object.fromEntries(lab.processes.filter((one) => !one.ofImage).map((one) => [one.name, processDefinition(one)])),
    ),
    ...given("names", Object.fromEntries((lab.names ?? []).map(({ name, addresses }) => [name, [...addresses]]))),
    ...(lab.internetPrefixes === undefined ? {} : { internet: { range: [...lab.internetPrefixes] } }),
    ...(lab.resources === undefined ? {} : { resources: labResourcesDefinition(lab.resources) }),
    ...(lab.requires === undefined ? {} : { requires: requiresDefinition(lab.requires) }),
    ...(lab.faults === undefined ? {} : { faults: faultsDefinition(lab.faults) }),
    ...(lab.drawing === undefined ? {} : { drawing: literalDeep(lab.drawing as Json) as Drawing }),
    ...given("capture", lab.captures?.map((one) => captureDefinition(one, literal)) ?? []),
  };
}

/** A link in the long form of a lab file. */
export function linkDefinition({ a, b, mtu, impairments = {}, medium }: Link) {
  const { ab, ba } = impairments;
  const from = {
    ...(ab === undefined ? {} : { [a.node]: impairmentSettings(ab) }),
    ...(ba === undefined ? {} : { [b.node]: impairmentSettings(ba) }),
  };
  return {
    endpoints: [endpointText(a), endpointText(b)],
    mtu,
    ...(ab === undefined && ba === undefined ? {} : { impairment: { from } }),
    ...(medium === undefined ? {} : { medium }),
  };
}

type NodeDefinition = NonNullable<NonNullable<LabDefinition["nodes"]>[string]>;
/** Named, so that the compiler need not try each of their combinations against each kind of node. */
type MachineKeys = NonNullable<NonNullable<LabDefinition["defaults"]>["node"]> &
  Pick<Extract<NodeDefinition, { kind: "router" }>, "interfaces">;

function nodeDefinition(node: LabNode): NodeDefinition {
  switch (node.kind) {
    case "host":
      return { kind: "host", ...machineDefinition(node), ...roleDefinition(node) };
    case "router":
      return {
        kind: "router",
        ...machineDefinition(node),
        ...(node.frr === undefined ? {} : { frr: { config: literal(node.frr.config) } }),
        ...roleDefinition(node),
      };
    case "appliance":
      return applianceDefinition(node);
    case "switch":
      return switchDefinition(node, literal);
    default:
      return node satisfies never;
  }
}

/** The kind, in place of the one it is made of, and its keys. */
const roleDefinition = ({ role }: ProgramNode): object =>
  role === undefined ? {} : { kind: role.kind, ...(literalDeep(role.options) as object) };

/** Kinds that have a way to the internet unless their nodes say otherwise. */
const kindsWithInternet: ReadonlySet<string> = new Set(
  (kindDefinitions as readonly AnyKind[]).filter(({ settings }) => settings?.internet).map(({ name }) => name),
);

const literalDeep = (value: Json): Json =>
  typeof value === "string"
    ? literal(value)
    : typeof value !== "object" || value === null
      ? value
      : Array.isArray(value)
        ? value.map(literalDeep)
        : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, literalDeep(one as Json)]));

const networkDefinition = (node: Machine) => ({
  hostname: node.hostname,
  ...given("interfaces", Object.fromEntries(node.interfaces.map((one) => [one.name, interfaceDefinition(one)]))),
  ...given(
    "routes",
    node.routes.map((route) => ({ ...route })),
  ),
});

function applianceDefinition(node: ApplianceNode): NodeDefinition {
  const { kernel, disks, seed, ...vm } = node.vm;
  return {
    kind: "appliance",
    engine: node.engine,
    ...networkDefinition(node),
    ...(kernel === undefined
      ? {}
      : {
          kernel: {
            image: literal(kernel.image),
            ...(kernel.initrd === undefined ? {} : { initrd: literal(kernel.initrd) }),
            append: literal(kernel.append),
          },
        }),
    ...given("disks", disks.map(diskDefinition)),
    ...(node.resources === undefined ? {} : { resources: groupDefinition(node.resources) }),
    cpus: vm.cpus,
    memory: formatSize(vm.memoryMiB * 2 ** 20),
    machine: literal(vm.machine),
    firmware: vm.firmware,
    nic: literal(vm.nic),
    acceleration: vm.acceleration,
    ...(vm.cpuModel === undefined ? {} : { "cpu-model": literal(vm.cpuModel) }),
    ...(seed === undefined
      ? {}
      : {
          "cloud-init": {
            "user-data": literal(seed.userData),
            ...(seed.networkConfig === undefined ? {} : { "network-config": literal(seed.networkConfig) }),
          },
        }),
    "guest-agent": vm.guestAgent,
    start: vm.startPaused ? "paused" : "running",
    dump: vm.dump,
    ...given("arguments", vm.arguments.map(literal)),
  };
}

const groupDefinition = ({ cpus, memoryBytes, processes }: GroupResources) => ({
  ...(cpus === undefined ? {} : { cpus }),
  ...(memoryBytes === undefined ? {} : { memory: formatSize(memoryBytes) }),
  ...(processes === undefined ? {} : { processes }),
});

const labResourcesDefinition = ({ enforce, ...whole }: LabResources) => ({
  ...groupDefinition(whole),
  ...(enforce === undefined ? {} : { enforce }),
});

const resourcesDefinition = ({ programMemoryBytes, openFiles, ...whole }: NodeResources) => ({
  ...groupDefinition(whole),
  ...(programMemoryBytes === undefined ? {} : { "program-memory": formatSize(programMemoryBytes) }),
  ...(openFiles === undefined ? {} : { "open-files": openFiles }),
});

const requiresDefinition = ({ kernel, sysctls, modules, memoryBytes, programs }: HostRequirements) => ({
  ...(kernel === undefined ? {} : { kernel }),
  ...given("sysctls", sysctls),
  ...given("modules", [...modules]),
  ...(memoryBytes === undefined ? {} : { memory: formatSize(memoryBytes) }),
  ...given("programs", programs.map(literal)),
});

const diskDefinition = ({ image, format, sizeBytes, bus }: VmDisk) => ({
  ...(image === undefined ? {} : { image: literal(image) }),
  ...(format === undefined ? {} : { format }),
  ...(sizeBytes === undefined ? {} : { size: formatSize(sizeBytes) }),
  bus,
});

const machineDefinition = (node: ProgramNode): MachineKeys => ({
  engine: node.engine,
  ...(node.image === undefined ? {} : imageDefinition(node.image)),
  root: node.root,
  ...networkDefinition(node),
  ...given("sysctls", literalValues(node.sysctls)),
  ...given("environment", literalValues(node.environment)),
  ...given("startup", node.startup.map(commandDefinition)),
  ...given("files", Object.fromEntries(node.files.map((file) => [file.path, fileDefinition(file)]))),
  ...given(
    "mounts",
    node.mounts.map(({ source, target, readOnly }) => ({
      source: literal(source),
      target: literal(target),
      readonly: readOnly,
    })),
  ),
  ...(node.resources === undefined ? {} : { resources: resourcesDefinition(node.resources) }),
  ...(node.console === undefined ? {} : { console: consoleDefinition(node.console) }),
  ...given("aliases", [...(node.aliases ?? [])]),
  ...(kindsWithInternet.has(node.role?.kind ?? "") ? { internet: false } : {}),
  ...(node.reach === undefined ? {} : reachDefinition(node.reach)),
  ...(node.capabilities === undefined ? {} : { capabilities: [...node.capabilities] }),
  ...(node.join === undefined ? {} : { join: node.join }),
});

const consoleDefinition = ({ command, startsWithNode }: NodeConsole) => ({
  ...(command === undefined ? {} : { command: commandDefinition(command) }),
  start: startsWithNode ? ("up" as const) : ("attach" as const),
});

const reachDefinition = ({ internet, hostPorts, ports }: NodeReach) => ({
  ...(internet ? { internet } : {}),
  ...given("allow-host", hostPorts.map(hostPortText)),
  ...given(
    "ports",
    ports.map(({ protocol, address, hostPort, port, to }) => ({
      port,
      host: hostPort,
      address,
      protocol,
      ...(to === undefined ? {} : { to }),
    })),
  ),
});

/** What was fetched is not of the lab file. */
const imageDefinition = ({ reference, pull, entrypoint, command, user, workingDirectory }: NodeImage) => ({
  image: literal(reference),
  pull,
  ...(entrypoint === undefined ? {} : { entrypoint: entrypoint.map(literal) }),
  ...(command === undefined ? {} : { command: command === "none" ? command : commandDefinition(command) }),
  ...(user === undefined ? {} : { user: literal(user) }),
  ...(workingDirectory === undefined ? {} : { "working-directory": literal(workingDirectory) }),
});

/** The loopback interface takes nothing but addresses. */
const interfaceDefinition = ({ name, addresses, mac, mtu, dhcp }: Interface) => {
  if (name === "lo") return { addresses: [...addresses] };
  const all = [...(dhcp === undefined ? [] : ["dhcp"]), ...addresses];
  return { ...given("addresses", all), ...(dhcp === "later" ? { wait: false } : {}), mac, mtu };
};

function fileDefinition({ contentBase64, mode }: NodeFile) {
  const bytes = Buffer.from(contentBase64, "base64");
  const text = bytes.toString("utf8");
  const isText = !text.includes("\0") && Buffer.from(text, "utf8").equals(bytes);
  return {
    ...(isText ? { content: literal(text) } : { base64: contentBase64 }),
    mode: mode.toString(8).padStart(4, "0"),
  };
}

function processDefinition(process: Process) {
  const { node, directory, user, ready, after, restart, tags, stopSignal, graceMs } = process;
  return {
    node,
    command: commandDefinition(process.command),
    ...given("environment", literalValues(process.environment)),
    ...(directory === undefined ? {} : { directory: literal(directory) }),
    ...(user === undefined ? {} : { user: literal(user) }),
    ...(ready === undefined ? {} : { ready: readinessDefinition(ready) }),
    ...given("after", Object.fromEntries(after.map((dependency) => [dependency.process, dependency.condition]))),
    restart,
    ...given("tags", [...tags]),
    "stop-signal": stopSignal as "SIGTERM",
    grace: formatDuration(graceMs),
  };
}

function readinessDefinition({ check, intervalMs, timeoutMs }: Readiness) {
  const timing = { interval: formatDuration(intervalMs), timeout: formatDuration(timeoutMs) };
  switch (check.type) {
    case "tcp":
      return { tcp: check.port, ...timing };
    case "udp":
      return { udp: check.port, ...timing };
    case "command":
      return { command: commandDefinition(check.command), ...timing };
    case "log":
      return { log: literal(check.pattern), ...timing };
    case "file":
      return { file: literal(check.path), ...timing };
    default:
      return check satisfies never;
  }
}

const commandDefinition = (command: Command) =>
  "shell" in command ? { shell: literal(command.shell) } : command.argv.map(literal);

/** A key with its value, unless that is empty. */
function given<Key extends string, Value extends object>(key: Key, value: Value): { readonly [K in Key]?: Value } {
  return Object.keys(value).length === 0 ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}

/** `${` begins a variable in a lab file; `$${` is a literal one. */
const literal = (text: string): string => text.replaceAll("${", () => "$${");

const literalValues = (record: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, literal(value)]));
