import { spawn } from "node:child_process";
import { within } from "../../engines/index.ts";
import { labError, type SegmentCut } from "../../topology/index.ts";

/** A class of ports, by the names of their jacks in the panel. */
export type PortClass = {
  /** At Linux bridges. */
  readonly jacks: readonly string[];
  /** At switches of Open vSwitch. */
  readonly ovsJacks?: readonly string[];
  /** MAC addresses of the machines at them. */
  readonly macs: readonly string[];
};

/** What the rules of a segment are made of. */
export type SegmentRules = Pick<SegmentCut, "blocked"> & {
  readonly classes: readonly PortClass[];
};

/** One is in force, the other is made ready in its place. */
export type RuleTable = "netwright-a" | "netwright-b";

type Family = "bridge" | "netdev";

const nftMs = 20_000;

/**
 * How many bytes of requests nft may send the kernel in one transaction: they wait in a socket whose
 * buffer an ordinary user cannot make larger (net.core.wmem_max, 212,992 where nobody changed it).
 */
const transactionBytes = 100_000;
/** Of the requests for an element of a map, and for a chain with a rule and its set, about. */
const elementBytes = 100;
const chainBytes = 900;
const rangeBytes = 160;

/** Something of a table, as nft(8) reads it. */
type Part = { readonly text: string; readonly bytes: number };

/**
 * The rules of nftables (nft(8)) that keep ports of switches apart, as transactions to be made one after
 * the other. Only the last puts them into force, in place of those of the other table.
 *
 * A frame gets a mark as it enters a switch: the number of the class of the port, from 1. It keeps it from
 * switch to switch, for it stays in the panel's namespace. Where it would leave at a machine's port, the
 * marks that the class of that port may not hear are dropped, and so is what has none. Over a wire between
 * two switches, and through Open vSwitch, the mark is lost; what comes from there is marked by its sender's
 * MAC address. The bridge family does not see the ports of Open vSwitch: there it is done where frames go
 * out of the jack, in the netdev family.
 *
 * @param ports jacks of the ports to other switches (`trunks`), those of them at bridges that a wire or Open
 * vSwitch is behind (`wires`), and the ports that no cut is about (`others`)
 * @param inForce the table of the rules before, which goes
 */
export function segmentRules(
  segments: readonly SegmentRules[],
  ports: { readonly trunks: readonly string[]; readonly wires: readonly string[]; readonly others: readonly string[] },
  table: RuleTable,
  inForce: RuleTable | undefined,
): readonly string[] {
  const classes: { readonly mark: number; readonly one: PortClass; readonly deafTo: readonly number[] }[] = [];
  for (const { classes: own, blocked } of segments) {
    const first = classes.length + 1;
    const blockedAt = new Map<number, number[]>();
    for (const { from, to } of blocked) {
      const senders = blockedAt.get(to);
      if (senders === undefined) blockedAt.set(to, [first + from]);
      else senders.push(first + from);
    }
    for (const [index, one] of own.entries()) {
      classes.push({ mark: first + index, one, deafTo: blockedAt.get(index) ?? [] });
    }
  }
  const quoted = (name: string) => `"${name}"`;
  const elementOf =
    (family: Family) =>
    (map: string, key: string, value: string | number): Part => ({
      text: `add element ${family} ${table} ${map} { ${key} : ${value} }`,
      bytes: elementBytes,
    });
  const element = elementOf("bridge");
  const wires = ports.wires.map(quoted).join(", ");
  const ovsJacks = classes.flatMap(({ one }) => one.ovsJacks ?? []);
  const atOvs: readonly Part[] =
    ovsJacks.length === 0
      ? []
      : [
          {
            text: [
              ...without(table, "netdev"),
              `table netdev ${table} {`,
              "  map class-of-sender { type ether_addr : mark; }",
              "  map way-out { type ifname : verdict; }",
              "}",
            ].join("\n"),
            bytes: chainBytes,
          },
          ...classes.flatMap(({ mark, one, deafTo }): Part[] => [
            wayOut("netdev", table, mark, deafTo),
            ...(one.ovsJacks ?? []).map((jack) => elementOf("netdev")("way-out", quoted(jack), `goto class${mark}`)),
            ...one.macs.map((mac) => elementOf("netdev")("class-of-sender", mac, mark)),
          ]),
        ];
  return transactions([
    ...atOvs,
    {
      text: [
        ...without(table),
        `table bridge ${table} {`,
        "  map class-of-port { type ifname : mark; }",
        "  map class-of-sender { type ether_addr : mark; }",
        "  map way-out { type ifname : verdict; }",
        "}",
      ].join("\n"),
      bytes: chainBytes,
    },
    ...classes.flatMap(({ mark, one, deafTo }): Part[] => [
      wayOut("bridge", table, mark, deafTo),
      ...one.jacks.flatMap((jack) => [
        element("class-of-port", quoted(jack), mark),
        element("way-out", quoted(jack), `goto class${mark}`),
      ]),
      ...(wires === "" ? [] : one.macs.map((mac) => element("class-of-sender", mac, mark))),
    ]),
    ...[...ports.trunks, ...ports.others].map((jack) => element("way-out", quoted(jack), "accept")),
    {
      text: [
        ...(inForce === undefined ? [] : [`delete table bridge ${inForce}`, ...without(inForce, "netdev")]),
        `table bridge ${table} {`,
        "  chain enter {",
        "    type filter hook prerouting priority -300;",
        "    meta mark set iifname map @class-of-port",
        ...(wires === "" ? [] : [`    iifname { ${wires} } meta mark set ether saddr map @class-of-sender`]),
        "  }",
        "  chain leave {",
        "    type filter hook forward priority 0;",
        "    oifname vmap @way-out",
        "    drop",
        "  }",
        "}",
        ...(ovsJacks.length === 0
          ? []
          : [
              `table netdev ${table} {`,
              "  chain leave {",
              `    type filter hook egress devices = { ${ovsJacks.map(quoted).join(", ")} } priority 0;`,
              "    meta mark set ether saddr map @class-of-sender",
              "    oifname vmap @way-out",
              "  }",
              "}",
            ]),
      ].join("\n"),
      bytes: chainBytes + elementBytes * (ports.wires.length + ovsJacks.length),
    },
  ]);
}

/** The chain of a class: what leaves to its ports, without a mark or with one that it may not hear, is dropped. */
function wayOut(family: Family, table: RuleTable, mark: number, deafTo: readonly number[]): Part {
  const deaf = ranges(deafTo);
  return {
    text: [
      `add chain ${family} ${table} class${mark}`,
      `add rule ${family} ${table} class${mark} meta mark { ${["0", ...deaf].join(", ")} } drop`,
    ].join("\n"),
    bytes: chainBytes + rangeBytes * deaf.length,
  };
}

/** What takes a table away, whether it is there or not. */
const without = (table: RuleTable, family: Family = "bridge"): readonly string[] => [
  `table ${family} ${table} {}`,
  `delete table ${family} ${table}`,
];

/** A transaction that takes a table away, in both families. */
export const withoutRules = (table: RuleTable): string => [...without(table), ...without(table, "netdev")].join("\n");

/** Parts in their order, as many in each as one transaction takes. */
function transactions(parts: readonly Part[]): readonly string[] {
  const made: string[] = [];
  let lines: string[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (bytes + part.bytes > transactionBytes && lines.length > 0) {
      made.push(`${lines.join("\n")}\n`);
      lines = [];
      bytes = 0;
    }
    lines.push(part.text);
    bytes += part.bytes;
  }
  made.push(`${lines.join("\n")}\n`);
  return made;
}

/** `1`, `3-5`, of numbers that need not be in order. */
function ranges(numbers: readonly number[]): readonly string[] {
  const runs: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}

/**
 * Makes a transaction in the network namespace of this process, the whole of it or nothing.
 *
 * @throws NFT_MISSING, NFT_REFUSED
 */
export async function loadRules(transaction: string): Promise<void> {
  const { PATH = "" } = process.env;
  const child = spawn("nft", ["-f", "-"], {
    stdio: ["pipe", "ignore", "pipe"],
    // An ordinary user's PATH often lacks the folders of administration tools.
    env: { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin` },
  });
  const complaints: Buffer[] = [];
  child.stderr.on("data", (data: Buffer) => complaints.push(data));
  child.stdin.on("error", () => undefined);
  child.stdin.end(transaction);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  try {
    const code = await within("Loading the rules of a partition", nftMs, promise);
    if (code === 0) return;
  } catch (error) {
    child.kill("SIGKILL");
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw labError("NFT_MISSING", {});
    throw error;
  }
  throw labError("NFT_REFUSED", { reason: Buffer.concat(complaints).toString().trim().slice(0, 500) });
}
