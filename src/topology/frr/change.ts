/**
 * What FRR takes over while its daemons run: settings of OSPF on interfaces, as `routing: ospf` writes them
 * for the links a router has. Everything else (a protocol, a router id, what the user wrote) waits for a start.
 */

/** Settings that `no` in front of takes back, and that end no adjacency of another interface. */
const ospfSetting =
  /^(?:ip ospf|ipv6 ospf6) (?:area|network|hello-interval|dead-interval|passive|cost|priority|mtu-ignore)\b/;

/** Commands that give a running FRR another configuration than it has. */
export type FrrChange = {
  /** The text of a file for `vtysh -f` (vtysh(1)): what goes is taken back, then what differs is said whole. */
  readonly commands: string;
  /** Interfaces whose settings change, in the order of the new configuration, then those that have none any more. */
  readonly interfaces: readonly string[];
  /** Those that had none. */
  readonly come: readonly string[];
  /** Those that have none any more. */
  readonly gone: readonly string[];
};

/**
 * How FRR gets from one integrated configuration to another while it runs, so that it ends with what a start with the
 * new one would give. Undefined where it cannot. An interface that differs is told all its statements
 * again in their order, because the last one wins.
 *
 * @param from what was loaded
 * @param to the text of a frr.conf
 * @see https://docs.frrouting.org/en/latest/ospfd.html#ospf-interfaces
 */
export function frrChange(from: string, to: string): FrrChange | undefined {
  const [before, after] = [sections(from), sections(to)];
  if (before.others !== after.others) return undefined;
  const blocks: string[] = [];
  const interfaces: string[] = [];
  const [come, gone]: [string[], string[]] = [[], []];
  for (const name of new Set([...after.interfaces.keys(), ...before.interfaces.keys()])) {
    const [had, has] = [before.interfaces.get(name) ?? [], after.interfaces.get(name) ?? []];
    if (had.length === has.length && had.every((line, index) => line === has[index])) continue;
    const lost = new Set(had.filter((line) => ospfSetting.test(line) && !has.includes(line)));
    const lines = [...[...lost].map((line) => `no ${line}`), ...has];
    blocks.push([`interface ${name}`, ...lines.map((line) => ` ${line}`), "!", ""].join("\n"));
    interfaces.push(name);
    if (had.length === 0) come.push(name);
    if (has.length === 0) gone.push(name);
  }
  return { commands: blocks.join(""), interfaces, come, gone };
}

/** The statements of each interface in their order, and what must be the same for FRR to run on. */
function sections(config: string): { interfaces: ReadonlyMap<string, readonly string[]>; others: string } {
  const interfaces = new Map<string, string[]>();
  const others: string[] = [];
  const protocols = new Set<string>();
  let name: string | undefined;
  for (const raw of config.split("\n")) {
    const line = raw.trim().replaceAll(/\s+/g, " ");
    // `!` and `#` begin comments, and change nothing of where a line belongs.
    if (line === "" || /^[!#]/.test(line)) continue;
    const header = /^interface (.+)$/.exec(line);
    if (header !== null) {
      name = header[1] ?? "";
      continue;
    }
    if (name !== undefined && (line === "exit" || line === "end")) {
      name = undefined;
      continue;
    }
    if (!/^\s/.test(raw) && !ospfSetting.test(line)) name = undefined;
    if (name === undefined) {
      others.push(raw.trimEnd());
      continue;
    }
    const statements = interfaces.get(name) ?? [];
    interfaces.set(name, [...statements, line]);
    if (!ospfSetting.test(line)) others.push(`interface ${name}`, line);
    // A daemon that runs for nothing else would have to be started, or stopped.
    else protocols.add(line.startsWith("ipv6") ? "ospf6" : "ospf");
  }
  const missing = [...protocols].filter((protocol) => !others.some((line) => line === `router ${protocol}`));
  return { interfaces, others: [...others, ...missing.map((protocol) => `without router ${protocol}`)].join("\n") };
}
