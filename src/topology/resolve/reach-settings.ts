import { formatAddress, isMulticast, parseAddress } from "../address.ts";
import type { Findings } from "../findings.ts";
import { hostnamePattern, hostnameRule } from "../name-rules.ts";
import { type HostPort, hostPortText, type PublishedPort, portText, type Transport } from "../reach/reach.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Path } from "../source/source.ts";

type Definition = NonNullable<NonNullable<LabDefinition["defaults"]>["node"]>;
type Layer = { readonly data: Definition; readonly path: Path };
type PortForm = NonNullable<Definition["ports"]>[number];

/** What a node's definition says of the outside, read; with places, as more can be wrong with it. */
export type ReachSettings = {
  readonly aliases: readonly { readonly name: string; readonly path: Path }[];
  readonly ports: readonly { readonly port: PublishedPort; readonly path: Path }[];
  readonly hostPorts: readonly HostPort[];
  readonly internet: boolean;
  readonly path: Path;
};

/** Lists one after the other, each entry once; the last `internet` wins. */
export function reachSettings(layers: readonly Layer[], findings: Findings): ReachSettings {
  const ports = new Map<string, ReachSettings["ports"][number]>();
  const hostPorts = new Map<string, HostPort>();
  const aliases = new Map<string, ReachSettings["aliases"][number]>();
  for (const { data, path } of layers) {
    for (const [index, form] of (data.ports ?? []).entries()) {
      const at = [...path, "ports", index];
      const port = publishedPort(form, at, findings);
      if (port === undefined) continue;
      const key = `${portText(port)} ${port.to ?? ""}`;
      if (ports.has(key)) findings.error("GIVEN_TWICE", { value: portText(port), as: "published" }, at);
      ports.set(key, { port, path: at });
    }
    for (const [index, form] of (data["allow-host"] ?? []).entries()) {
      const port = hostPort(form, [...path, "allow-host", index], findings);
      if (port !== undefined) hostPorts.set(hostPortText(port), port);
    }
    const given = data.aliases ?? [];
    for (const [index, name] of (typeof given === "string" ? [given] : given).entries()) {
      const at = typeof given === "string" ? [...path, "aliases"] : [...path, "aliases", index];
      if (hostnamePattern.test(name)) aliases.set(name.toLowerCase(), { name, path: at });
      else findings.error("NAME_INVALID", { what: "a host", name, rule: `Use ${hostnameRule}` }, at);
    }
  }
  return {
    aliases: [...aliases.values()],
    ports: [...ports.values()],
    hostPorts: [...hostPorts.values()],
    internet: layers.findLast(({ data }) => data.internet !== undefined)?.data.internet ?? false,
    path: layers.at(-1)?.path ?? [],
  };
}

/** `[address:][host:]port[/protocol]`; an IPv6 address in brackets. */
const portPattern = /^(?:(?:\[([^\]]*)\]|([^:[\]]*[^:\d[\]][^:[\]]*)):)?(?:(\d{1,5}):)?(\d{1,5})(?:\/(\w+))?$/;

function publishedPort(form: PortForm, at: Path, findings: Findings): PublishedPort | undefined {
  const invalid = (problem: string) => {
    const text = typeof form === "object" ? String(form.address ?? form.to ?? form.port) : String(form);
    findings.error("PORT_INVALID", { text, problem }, at);
    return undefined;
  };
  if (typeof form === "number") return { protocol: "tcp", address: "127.0.0.1", hostPort: 0, port: form };
  let parts: { address: string; host: number; port: number; protocol: string; to: string | undefined };
  if (typeof form === "string") {
    const [matched, v6, v4, host = "0", port = "", protocol = "tcp"] = portPattern.exec(form) ?? [];
    if (matched === undefined) return invalid("it is not [address:][host:]port[/protocol]");
    parts = { address: v6 ?? v4 ?? "127.0.0.1", host: Number(host), port: Number(port), protocol, to: undefined };
  } else {
    const { address = "127.0.0.1", host = 0, port, protocol = "tcp", to } = form;
    parts = { address, host, port, protocol, to };
  }
  if (parts.protocol !== "tcp" && parts.protocol !== "udp")
    return invalid(`there are tcp and udp, and no ${parts.protocol}`);
  if (parts.port < 1 || parts.port > 65_535 || parts.host > 65_535)
    return invalid("a port is a number from 1 to 65535");
  const address = addressOf(parts.address);
  if (address === undefined) return invalid(`${parts.address} is no address that a port can be at`);
  const to = parts.to === undefined ? undefined : addressOf(parts.to);
  if (parts.to !== undefined && to === undefined) return invalid(`${parts.to} is no address that can be connected to`);
  return {
    protocol: parts.protocol,
    address,
    hostPort: parts.host,
    port: parts.port,
    ...(to === undefined ? {} : { to }),
  };
}

function addressOf(text: string): string | undefined {
  const parsed = parseAddress(text);
  return "problem" in parsed || isMulticast(parsed) ? undefined : formatAddress(parsed);
}

function hostPort(form: number | string, at: Path, findings: Findings): HostPort | undefined {
  if (typeof form === "number") return { protocol: "tcp", port: form };
  const [matched, before = "", digits = "", after = ""] = /^(?:(\w+)\/)?(\d{1,5})(?:\/(\w+))?$/.exec(form) ?? [];
  const protocol = before || after || "tcp";
  const port = Number(digits);
  if (
    matched === undefined ||
    (before !== "" && after !== "") ||
    (protocol !== "tcp" && protocol !== "udp") ||
    port < 1 ||
    port > 65_535
  ) {
    findings.error("HOST_PORT_INVALID", { text: form }, at);
    return undefined;
  }
  return { protocol: protocol satisfies Transport, port };
}
