import { parseAddress } from "../../address.ts";
import { lineProblem } from "../dnsmasq.ts";
import { plainAddress } from "../ends.ts";
import type { KindFacts } from "../kind.ts";
import type { DnsServerOptions, Record_ } from "./options.ts";

type At = readonly (string | number)[];

/** A domain or a name in one, underscores of services included (RFC 2181, section 11; RFC 8552). */
const namePattern =
  /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$/;

/** The configuration of a name server, as dnsmasq reads it. */
export function dnsConfig(options: DnsServerOptions, facts: KindFacts): string {
  const zones = Object.entries(options.zones ?? {});
  if (zones.length === 0 && options.forward === undefined)
    facts.report("it has neither zones nor anyone to ask", "Add zones: {lab.example: } or forward:.", []);
  return [
    "no-resolv",
    "no-hosts",
    "bind-dynamic",
    "log-queries",
    // What a name server knows of its own zones does not age.
    "local-ttl=60",
    ...zones.flatMap(([name, zone]) => {
      const at = ["zones", name];
      if (!isName(name, at, facts)) return [];
      return [
        `local=/${name}/`,
        ...((zone?.nodes ?? true) ? nodeLines(name, facts) : []),
        ...Object.entries(zone?.records ?? {}).flatMap(([label, records]) => {
          const full = label === "@" ? name : `${label}.${name}`;
          const here = [...at, "records", label];
          if (!isName(full, here, facts)) return [];
          return [records].flat().flatMap((record, index) => {
            const where = Array.isArray(records) ? [...here, index] : here;
            return recordLines(full, name, typeof record === "string" ? { address: record } : record, where, facts);
          });
        }),
      ];
    }),
    ...(options.forward ?? []).flatMap((one, index) => {
      const at = ["forward", index];
      const { to, zone } = typeof one === "string" ? { to: one, zone: undefined } : one;
      if (zone !== undefined && !isName(zone, [...at, "zone"], facts)) return [];
      const server = addressesOf(to, at, facts)[0];
      return server === undefined ? [] : [`server=${zone === undefined ? "" : `/${zone}/`}${server}`];
    }),
  ].join("\n");
}

/** Each node by its name; a name that asks for its addresses by DHCP has none that could be known. */
const nodeLines = (zone: string, { machines }: KindFacts): readonly string[] =>
  machines.flatMap(({ name, interfaces }) =>
    interfaces
      .filter((one) => one.name !== "lo")
      .flatMap(({ addresses }) => addresses.map(plainAddress))
      .filter((address) => !/^fe[89ab]/i.test(address))
      .map((address) => `host-record=${name}.${zone},${address}`),
  );

function recordLines(name: string, zone: string, record: Record_, at: At, facts: KindFacts): readonly string[] {
  const { address, cname, txt, mx, srv } = record;
  if (Object.keys(record).length !== 1) {
    facts.report("a record is one of address, cname, txt, mx and srv", "Write a list for several.", at);
    return [];
  }
  const absolute = (target: string) => (target.includes(".") ? target.replace(/\.$/, "") : `${target}.${zone}`);
  const named = (target: string, key: string) =>
    isName(absolute(target), [...at, key], facts) ? absolute(target) : "";
  if (address !== undefined) return addressesOf(address, at, facts).map((one) => `host-record=${name},${one}`);
  if (cname !== undefined) return [`cname=${name},${named(cname, "cname")}`];
  if (mx !== undefined) return [`mx-host=${name},${named(mx.to, "mx")},${mx.preference ?? 10}`];
  if (srv !== undefined)
    return [`srv-host=${name},${named(srv.to, "srv")},${srv.port},${srv.priority ?? 0},${srv.weight ?? 0}`];
  const problem = lineProblem(txt ?? "") ?? ((txt ?? "").includes('"') ? "it has a quote in it" : undefined);
  if (problem !== undefined) facts.report(`the text cannot be used: ${problem}`, "Write one line without quotes.", at);
  return [`txt-record=${name},"${txt}"`];
}

/** The addresses that a word means: itself, or those of a node. */
function addressesOf(word: string, at: At, { machines, report }: KindFacts): readonly string[] {
  if (!("problem" in parseAddress(word))) return [word];
  const machine = machines.find(({ name }) => name === word);
  const addresses = machine?.interfaces.flatMap((one) => one.addresses.map(plainAddress)) ?? [];
  if (addresses.length === 0)
    report(`"${word}" is no address and no node that has one`, "Write an address or the name of a node.", at);
  return addresses;
}

function isName(name: string, at: At, { report }: KindFacts): boolean {
  if (namePattern.test(name)) return true;
  report(`"${name}" cannot be a domain name`, "Use labels of letters, digits and hyphens with dots between them.", at);
  return false;
}
