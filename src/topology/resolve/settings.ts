import {
  type Address,
  type Cidr,
  formatCidr,
  hasHostBits,
  isLinkLocal,
  networkText,
  overlap,
  parseAddress,
  parseCidr,
} from "../address.ts";
import type { Findings } from "../findings.ts";
import type { Frr, Mount, NodeConsole, NodeFile } from "../model.ts";
import { hostnamePattern, hostnameRule } from "../name-rules.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Path } from "../source/source.ts";
import { commandOf, pathProblem } from "./command.ts";
import { containerOf } from "./container.ts";
import type { MachineSettings, RouteDraft } from "./draft.ts";
import type { FileStore } from "./file-store.ts";
import { fileBytes, fileMode, frrConfig } from "./files.ts";
import { imageOf } from "./image.ts";
import { reachSettings } from "./reach-settings.ts";
import { resourcesOf } from "./resources.ts";

type Defaults = NonNullable<LabDefinition["defaults"]>;
export type MachineDefinition = NonNullable<Defaults["router"]>;

/** One source of settings, with its place; the later ones of a list win. */
export type Layer<Definition> = { readonly data: Definition; readonly path: Path };

export { commandOf, pathProblem };

export type Context = { readonly findings: Findings; readonly files: FileStore };

/** The settings of a machine from its defaults and its own definition: maps merged, lists one after the other. */
export function machineSettings(layers: readonly Layer<MachineDefinition>[], context: Context): MachineSettings {
  const last = <Key extends keyof MachineDefinition>(key: Key) =>
    layers.findLast(({ data }) => data[key] !== undefined);
  return {
    engine: last("engine")?.data.engine ?? "namespace",
    image: imageOf(layers, context),
    root: last("root")?.data.root ?? "isolated",
    hostname: hostname(last("hostname"), context),
    routes: layers.flatMap((layer) => routes(layer, context)),
    sysctls: sysctls(layers, context),
    environment: environment(
      layers.map(({ data, path }) => ({ data: data.environment, path: [...path, "environment"] })),
      context.findings,
    ),
    startup: layers.flatMap(({ data }) => (data.startup ?? []).map(commandOf)),
    files: files(layers, context),
    mounts: mounts(layers, context),
    resources: resourcesOf(layers),
    console: consoleOf(last("console")),
    ...containerOf(layers, context),
    routing: last("routing")?.data.routing,
    frr: frr(last("frr"), context),
    reach: reachSettings(layers, context.findings),
  };
}

/** Environment variables from several maps; the later ones win. */
export function environment(
  maps: readonly Layer<Readonly<Record<string, string | number | boolean>> | undefined>[],
  findings: Findings,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const { data, path } of maps) {
    for (const [name, value] of Object.entries(data ?? {})) {
      if (name.includes("=") || name.includes("\0") || String(value).includes("\0")) {
        findings.error(
          "NAME_INVALID",
          { what: "an environment variable", name, rule: "Neither = nor a zero byte may be in it" },
          [...path, name],
          "key",
        );
      }
      result[name] = String(value);
    }
  }
  return result;
}

export function hostname(
  layer: Layer<{ readonly hostname?: string | undefined }> | undefined,
  { findings }: Context,
): string | undefined {
  const name = layer?.data.hostname;
  if (layer === undefined || name === undefined) return undefined;
  if (!hostnamePattern.test(name)) {
    findings.error("NAME_INVALID", { what: "a host", name, rule: `Use ${hostnameRule}` }, [...layer.path, "hostname"]);
  }
  return name;
}

export function routes(
  { data, path }: Layer<Pick<MachineDefinition, "routes">>,
  { findings }: Context,
): readonly RouteDraft[] {
  return (data.routes ?? []).flatMap((route, index) => {
    const at = [...path, "routes", index];
    const via = route.via === undefined ? undefined : address(route.via, [...at, "via"], findings);
    if (via === null) return [];
    const to =
      route.to === "default" ? defaultRoute(via, [...at, "to"], findings) : prefix(route.to, [...at, "to"], findings);
    if (to === undefined) return [];
    if (via === undefined && route.interface === undefined) findings.error("ROUTE_INCOMPLETE", { to: route.to }, at);
    if (via !== undefined && via.family !== to.family) {
      findings.error("ROUTE_FAMILIES", { to: route.to, via: String(route.via) }, [...at, "via"]);
      return [];
    }
    if (via !== undefined && isLinkLocal(via) && route.interface === undefined) {
      findings.error("ROUTE_LINK_LOCAL", { via: String(route.via) }, [...at, "via"]);
    }
    return [{ to, via, interface: route.interface, metric: route.metric, path: at }];
  });
}

function defaultRoute(via: Address | undefined, at: Path, findings: Findings): Cidr | undefined {
  if (via !== undefined) return { family: via.family, value: 0n, length: 0 };
  findings.error("ROUTE_DEFAULT_FAMILY", {}, at);
  return undefined;
}

/** Null after reporting why it is none. */
function address(text: string, at: Path, findings: Findings): Address | null {
  const parsed = parseAddress(text);
  if (!("problem" in parsed)) return parsed;
  findings.error("ADDRESS_INVALID", { text, problem: parsed.problem, example: "10.0.0.1 or 2001:db8::1" }, at);
  return null;
}

/** Reads a prefix without host bits; undefined after reporting why it is none. */
export function prefix(text: string, at: Path, findings: Findings): Cidr | undefined {
  const parsed = parseCidr(text);
  if ("problem" in parsed) {
    findings.error("PREFIX_INVALID", { text, problem: parsed.problem }, at);
    return undefined;
  }
  if (hasHostBits(parsed)) {
    findings.error("PREFIX_HOST_BITS", { prefix: text, network: networkText(parsed) }, at);
    return undefined;
  }
  return parsed;
}

/** What no interface can have an address in: unspecified, loopback, multicast and reserved (RFC 6890). */
const unusable = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/128", "::1/128", "ff00::/8"].map(
  (text) => parseCidr(text) as Cidr,
);

/** Reads a prefix to give addresses from; undefined after reporting why it is none. */
export function subnetPrefix(text: string, at: Path, findings: Findings): Cidr | undefined {
  const parsed = prefix(text, at, findings);
  const reserved = parsed === undefined ? undefined : unusable.find((one) => overlap(one, parsed));
  if (reserved === undefined) return parsed;
  findings.error("PREFIX_RESERVED", { prefix: text, reserved: formatCidr(reserved) }, at);
  return undefined;
}

function sysctls(layers: readonly Layer<MachineDefinition>[], { findings }: Context): MachineSettings["sysctls"] {
  const result = new Map<string, { value: string; path: Path }>();
  for (const { data, path } of layers) {
    for (const [name, value] of Object.entries(data.sysctls ?? {})) {
      const at = [...path, "sysctls", name];
      const wrong = sysctlProblem(name);
      if (wrong !== undefined) findings.error("SYSCTL_INVALID", { name, ...wrong }, at, "key");
      result.set(name, { value: typeof value === "boolean" ? (value ? "1" : "0") : String(value), path: at });
    }
  }
  return result;
}

function sysctlProblem(name: string): { readonly problem: string; readonly remedy: string } | undefined {
  if (/^net\/[\w/-]+$/.test(name))
    return { problem: "its parts are separated by slashes", remedy: `Write ${name.replaceAll("/", ".")}.` };
  if (!name.startsWith("net.")) {
    return {
      problem: "it is not of one node's network but of the whole machine",
      remedy: "Settings of a node begin with net.",
    };
  }
  if (!/^net(\.[\w/@-]+){2,}$/.test(name))
    return { problem: "there is no setting of that form", remedy: "Write it like net.ipv4.ip_forward." };
  return undefined;
}

function files(layers: readonly Layer<MachineDefinition>[], context: Context): readonly NodeFile[] {
  const result = new Map<string, NodeFile>();
  for (const { data, path } of layers) {
    for (const [target, definition] of Object.entries(data.files ?? {})) {
      const at = [...path, "files", target];
      const problem = pathProblem(target);
      if (problem !== undefined)
        context.findings.error("PATH_INVALID", { path: target, what: "The path of a file", problem }, at, "key");
      const bytes = fileBytes(target, definition, at, context);
      if (bytes === undefined) continue;
      const mode = fileMode(typeof definition === "string" ? undefined : definition.mode, at, context.findings);
      result.set(target, { path: target, contentBase64: bytes, mode });
    }
  }
  return [...result.values()];
}

function mounts(layers: readonly Layer<MachineDefinition>[], { findings, files }: Context): readonly Mount[] {
  const result = new Map<string, Mount>();
  for (const { data, path } of layers) {
    const here = new Set<string>();
    for (const [index, { source, target, readonly }] of (data.mounts ?? []).entries()) {
      const at = [...path, "mounts", index];
      const problem = pathProblem(target);
      if (problem !== undefined)
        findings.error("PATH_INVALID", { path: target, what: "The target of a mount", problem }, [...at, "target"]);
      if (here.has(target))
        findings.error("GIVEN_TWICE", { value: target, as: "the target of a mount" }, [...at, "target"]);
      here.add(target);
      const absolute = files.locate(source, "The source of a mount", [...at, "source"]);
      if (absolute !== undefined) result.set(target, { source: absolute, target, readOnly: readonly ?? false });
    }
  }
  return [...result.values()];
}

function consoleOf(layer: Layer<MachineDefinition> | undefined): NodeConsole | undefined {
  const form = layer?.data.console;
  if (form === undefined) return undefined;
  if (Array.isArray(form) || "shell" in form) return { command: commandOf(form), startsWithNode: false };
  return {
    ...(form.command === undefined ? {} : { command: commandOf(form.command) }),
    startsWithNode: form.start === "up",
  };
}

function frr(layer: Layer<MachineDefinition> | undefined, context: Context): Frr | undefined {
  if (layer?.data.frr === undefined) return undefined;
  const config = frrConfig(layer.data.frr, [...layer.path, "frr"], context);
  return config === undefined ? undefined : { config };
}
