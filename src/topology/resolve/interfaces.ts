import {
  type Cidr,
  formatAddress,
  formatCidr,
  hostRange,
  isLoopback,
  isMulticast,
  networkOf,
  parseAddress,
  parseCidr,
  sizeOf,
} from "../address.ts";
import type { Findings } from "../findings.ts";
import { isGroupMac, parseMac } from "../mac.ts";
import { interfaceNameProblem } from "../name-rules.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Path } from "../source/source.ts";
import type { AddressDraft, GatewayDraft, InterfaceDraft, NodeDraft } from "./draft.ts";

type Definition = NonNullable<LabDefinition["nodes"]>[string];
type MachineInterface = NonNullable<Extract<NonNullable<Definition>, { kind: "router" }>["interfaces"]>[string];
type Form = NonNullable<NonNullable<NonNullable<Definition>["interfaces"]>[string]>;
/** Of a machine; a switch's ports have part of it. */
type LongForm = Exclude<NonNullable<MachineInterface>, string | readonly string[]>;

/** Adds an interface to a node, with nothing but its name. */
export function bareInterface(node: NodeDraft, name: string, path: Path): InterfaceDraft {
  const made: InterfaceDraft = {
    node,
    name,
    path,
    mac: undefined,
    mtu: undefined,
    addresses: [],
    dhcp: undefined,
    gateways: [],
    link: undefined,
  };
  node.interfaces.set(name, made);
  return made;
}

/** Adds an interface as the lab file defines it. */
export function definedInterface(
  node: NodeDraft,
  name: string,
  definition: Form | null,
  path: Path,
  findings: Findings,
): void {
  const problem = interfaceNameProblem(name);
  if (problem !== undefined) findings.error("INTERFACE_NAME_INVALID", { name, problem }, path, "key");
  if (name === "lo" && node.kind === "appliance")
    findings.error("INTERFACE_NAME_INVALID", { name, problem: "it is the guest's own affair" }, path, "key");
  if (definition === null) {
    bareInterface(node, name, path);
    return;
  }
  const isShort = typeof definition === "string" || Array.isArray(definition);
  const full: LongForm = isShort ? { addresses: definition } : definition;
  const isLo = name === "lo" && node.kind !== "switch" && node.kind !== "appliance";
  const made: InterfaceDraft = {
    node,
    name,
    path,
    mac: full.mac !== undefined ? macOf(full.mac, [...path, "mac"], findings) : undefined,
    mtu: full.mtu,
    addresses: addressesOf(withoutDhcp(full.addresses), isShort ? path : [...path, "addresses"], isLo, findings),
    dhcp: dhcpOf(node, full, path, findings),
    gateways: gatewaysOf(full.gateway, [...path, "gateway"], findings),
    link: undefined,
  };
  if (made.gateways.length > 0 && node.kind === "appliance" && node.settings.vm.seed === undefined)
    findings.error("APPLIANCE_NEEDS_SEED", { node: node.name, what: "gateway" }, [...path, "gateway"], "key");
  if (isLo) {
    for (const key of ["mac", "mtu", "gateway"] as const) {
      if (full[key] !== undefined) {
        findings.error("LOOPBACK_SETTING", { node: node.name, key }, [...path, key], "key");
      }
    }
  }
  node.interfaces.set(name, made);
}

const dhcpWord = "dhcp";

const withoutDhcp = (given: LongForm["addresses"]) =>
  given === dhcpWord ? [] : Array.isArray(given) ? given.map((text) => (text === dhcpWord ? undefined : text)) : given;

function dhcpOf(
  node: NodeDraft,
  { addresses, wait, gateway }: LongForm,
  path: Path,
  findings: Findings,
): InterfaceDraft["dhcp"] {
  if (![addresses].flat().includes(dhcpWord)) {
    if (wait !== undefined)
      findings.error(
        "DHCP_SETTING",
        {
          problem: "Only for an address from DHCP there is something to wait for",
          remedy: "Take wait: out, or write addresses: dhcp.",
        },
        [...path, "wait"],
        "key",
      );
    return undefined;
  }
  const name = String(path.at(-1));
  if (name === "lo" || node.kind === "switch" || node.kind === "appliance") {
    const what =
      name === "lo"
        ? "The loopback interface"
        : node.kind === "switch"
          ? "A switch's port"
          : "What Netwright does not run inside of, an appliance,";
    findings.error(
      "DHCP_SETTING",
      {
        problem: `${what} cannot ask for an address`,
        remedy: "Only interfaces of hosts, routers and the kinds made of them can.",
      },
      path,
    );
    return undefined;
  }
  const v4 = [gateway ?? []].flat().some((text) => !text.includes(":"));
  if (v4)
    findings.error(
      "DHCP_SETTING",
      { problem: "The gateway comes with the address", remedy: "Take gateway: out; the DHCP server says what it is." },
      [...path, "gateway"],
      "key",
    );
  return wait === false ? "later" : "wait";
}

function addressesOf(
  given: string | readonly (string | undefined)[] | undefined,
  path: Path,
  isLo: boolean,
  findings: Findings,
): AddressDraft[] {
  const texts = typeof given === "string" ? [given] : (given ?? []);
  const seen = new Set<string>();
  return texts.flatMap((text, index) => {
    if (text === undefined) return [];
    const at = typeof given === "string" ? path : [...path, index];
    const cidr = parseCidr(text);
    if ("problem" in cidr) {
      const bare = parseAddress(text);
      const example =
        "problem" in bare
          ? text.includes(":")
            ? "2001:db8::1/64"
            : "10.0.0.1/24"
          : `${text}/${bare.family === 4 ? 24 : 64}`;
      findings.error("ADDRESS_INVALID", { text, problem: cidr.problem, example }, at);
      return [];
    }
    const wrong = unusable(cidr, isLo);
    if (wrong !== undefined) {
      findings.error("ADDRESS_UNUSABLE", { address: text, ...wrong }, at);
      return [];
    }
    const plain = formatAddress(cidr);
    if (seen.has(plain)) {
      findings.error("GIVEN_TWICE", { value: plain, as: "given to this interface" }, at);
      return [];
    }
    seen.add(plain);
    return [{ cidr, path: at }];
  });
}

function unusable(cidr: Cidr, isLo: boolean): { readonly problem: string; readonly remedy: string } | undefined {
  const another = "Give it an address of its own network.";
  if (isMulticast(cidr)) return { problem: "it is a multicast address", remedy: another };
  if (cidr.length === 0)
    return {
      problem: "a prefix length of 0 takes in every address there is",
      remedy: "Give a longer prefix length, such as /24 or /64.",
    };
  if (!isLo && isLoopback(cidr))
    return { problem: "it is a loopback address", remedy: "Give it to lo, or choose another." };
  if (cidr.family === 4 && cidr.value >> 24n === 0n)
    return { problem: "0.0.0.0/8 stands for no address", remedy: another };
  if (cidr.family === 4 && cidr.value >> 28n === 15n) return { problem: "240.0.0.0/4 is reserved", remedy: another };
  if (cidr.family === 6 && cidr.value === 0n) return { problem: "it stands for no address", remedy: another };
  const network = networkOf(cidr);
  const offset = cidr.value - network.value;
  const { first, last } = hostRange(cidr);
  const suggestion = { ...network, value: network.value + (offset < first ? first : last) };
  // On IPv6 the first address is the routers' anycast address, which a router may well be given.
  if (cidr.family === 6 || (offset >= first && offset <= last)) return undefined;
  const role =
    offset === 0n ? "the network itself" : offset === sizeOf(cidr) - 1n ? "its broadcast address" : "reserved";
  return {
    problem: `in a /${cidr.length} it is ${role}`,
    remedy: `Give it a host's address, for example ${formatCidr(suggestion)}.`,
  };
}

function gatewaysOf(given: string | readonly string[] | undefined, path: Path, findings: Findings): GatewayDraft[] {
  const texts = typeof given === "string" ? [given] : (given ?? []);
  return texts.flatMap((text, index) => {
    const at = typeof given === "string" ? path : [...path, index];
    const address = parseAddress(text);
    if (!("problem" in address)) return [{ address, path: at }];
    findings.error("ADDRESS_INVALID", { text, problem: address.problem, example: "10.0.0.1 or 2001:db8::1" }, at);
    return [];
  });
}

function macOf(text: string, at: Path, findings: Findings): string | undefined {
  const mac = parseMac(text);
  const problem =
    mac === undefined
      ? "it is not six pairs of hexadecimal digits with colons"
      : isGroupMac(mac)
        ? "its first byte is odd, which makes it a group's"
        : mac === "00:00:00:00:00:00"
          ? "it is all zero"
          : undefined;
  if (problem !== undefined) findings.error("MAC_INVALID", { text, problem }, at);
  return problem === undefined ? mac : undefined;
}
