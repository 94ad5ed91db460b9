import { bgpChange } from "./bgp.ts";
import { ospfCommands } from "./ospf.ts";
import { type FixedStatement, frrStatements } from "./statements.ts";

/** How FRR gets from one configuration to another. */
export type FrrChange = FrrLoad | FrrRestart;

/** Its daemons take it over while they run. */
export type FrrLoad = {
  readonly by: "load";
  /** The text of a file for `vtysh -f` (vtysh(1)): what goes is taken back, then what differs is said whole. */
  readonly commands: string;
  /** Interfaces, neighbours and what else is new, by the name it has in the file: `eth1`, `neighbor 10.0.0.2`. */
  readonly come: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
};

/** It starts anew, since what differs is read at a start, or would end more than it says. */
export type FrrRestart = {
  readonly by: "restart";
  /** Statements that go (`-`) and come (`+`), with their section: `-bgp router-id 10.0.0.1 (router bgp 65001)`. */
  readonly because: readonly string[];
};

/**
 * How FRR gets from one integrated configuration to another, so that it ends with what a start with the new one would
 * give. It takes over while it runs: settings of OSPF on interfaces, and neighbours and announcements of BGP, as
 * `routing:` writes them for the links a router has; and static routes. Everything else (a protocol, a router id, a
 * policy, other things that the user wrote) waits for a start.
 *
 * @param from what was loaded
 * @param to the text of a frr.conf
 */
export function frrChange(from: string, to: string): FrrChange {
  const [before, after] = [frrStatements(from), frrStatements(to)];
  const because = fixedChange(before.fixed, after.fixed);
  const blocks: string[] = [];
  const [come, changed, gone]: [string[], string[], string[]] = [[], [], []];
  for (const name of new Set([...after.interfaces.keys(), ...before.interfaces.keys()])) {
    const [had, has] = [before.interfaces.get(name) ?? [], after.interfaces.get(name) ?? []];
    if (had.length === has.length && had.every((line, index) => line === has[index])) continue;
    blocks.push(ospfCommands(name, had, has));
    (had.length === 0 ? come : has.length === 0 ? gone : changed).push(name);
  }
  for (const [header, router] of after.bgp) {
    const former = before.bgp.get(header);
    // One that comes or goes is a fixed statement itself.
    if (former === undefined) continue;
    const change = bgpChange(header, former, router);
    if ("group" in change) because.push(`peer-group ${change.group} (${header})`);
    else {
      blocks.push(change.commands);
      come.push(...change.come);
      changed.push(...change.changed);
      gone.push(...change.gone);
    }
  }
  const [lost, won] = [without(before.routes, after.routes), without(after.routes, before.routes)];
  blocks.push(...lost.map((route) => `no ${route}\n`), ...won.map((route) => `${route}\n`));
  come.push(...won);
  gone.push(...lost);
  if (because.length > 0) return { by: "restart", because };
  return { by: "load", commands: blocks.join(""), come, changed, gone };
}

/** What of the statements that must be the same, in their order, is not; of a section that comes or goes, its header. */
function fixedChange(before: readonly FixedStatement[], after: readonly FixedStatement[]): string[] {
  const text = ({ section, line }: FixedStatement) => (section === "" ? line : `${line} (${section})`);
  const [had, has] = [before.map(text), after.map(text)];
  if (had.length === has.length && had.every((line, index) => line === has[index])) return [];
  const missing = (these: readonly FixedStatement[], others: readonly string[]) => {
    const lines = these.filter((one) => !others.includes(text(one)));
    return lines.filter(({ section }) => !lines.some(({ line }) => line === section)).map(text);
  };
  const changes = [...missing(before, has).map((line) => `-${line}`), ...missing(after, had).map((line) => `+${line}`)];
  return changes.length > 0 ? changes : ["statements in another order"];
}

const without = (list: readonly string[], others: readonly string[]): readonly string[] => [
  ...new Set(list.filter((one) => !others.includes(one))),
];
