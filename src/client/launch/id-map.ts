/**
 * Which ids exist in a lab's sandbox. Pure: the facts come from the machine, the plan says what to
 * write where (user_namespaces(7)).
 */
export type IdFacts = {
  readonly uid: number;
  readonly gid: number;
  readonly userName: string | undefined;
  /** The texts of /etc/subuid and /etc/subgid; empty when there are none. */
  readonly subuid: string;
  readonly subgid: string;
  /** Whether newuidmap(1) and newgidmap(1) are installed. */
  readonly helpers: boolean;
  /** The texts of /proc/self/uid_map and gid_map: what this process may hand on. */
  readonly ownUidMap: string;
  readonly ownGidMap: string;
};

/** One line of a map: ids `inside` … `inside + count − 1` are `outside` … outside. */
export type IdRange = { readonly inside: number; readonly outside: number; readonly count: number };

export type IdMap = {
  /** `helpers`: through newuidmap and newgidmap. `direct`: written to /proc by this process. */
  readonly how: "helpers" | "direct";
  readonly uid: readonly IdRange[];
  readonly gid: readonly IdRange[];
  /** An unprivileged writer must give up setgroups(2) before it may write gid_map. */
  readonly denySetgroups: boolean;
  /** The sandbox's root as seen from here, when it is not this user: who must own the lab's folders. */
  readonly owner?: { readonly uid: number; readonly gid: number };
};

/** Where root's labs live when /etc/subuid grants root nothing: far above the ids that people and distributions use. */
export const ROOT_BASE = 2_000_000_000;
const WHOLE = 65_536;

/** Chooses the widest map that the machine allows this user. */
export function planIdMap(facts: IdFacts): IdMap {
  return facts.uid === 0 ? planForRoot(facts) : planForUser(facts);
}

function planForUser(facts: IdFacts): IdMap {
  const uids = subordinateRange(facts.subuid, facts);
  const gids = subordinateRange(facts.subgid, facts);
  if (!facts.helpers || uids === undefined || gids === undefined) return singleId(facts);
  const withOwn = (own: number, range: { start: number; count: number }): IdRange[] => [
    { inside: 0, outside: own, count: 1 },
    { inside: 1, outside: range.start, count: Math.min(range.count, WHOLE) },
  ];
  return { how: "helpers", uid: withOwn(facts.uid, uids), gid: withOwn(facts.gid, gids), denySetgroups: false };
}

/** Only this user, as the sandbox's root: always allowed. */
export function singleId(facts: Pick<IdFacts, "uid" | "gid">): IdMap {
  return {
    how: "direct",
    uid: [{ inside: 0, outside: facts.uid, count: 1 }],
    gid: [{ inside: 0, outside: facts.gid, count: 1 }],
    denySetgroups: facts.uid !== 0,
  };
}

function planForRoot(facts: IdFacts): IdMap {
  const uid = rootRange(facts.subuid, facts.ownUidMap, facts);
  const gid = rootRange(facts.subgid, facts.ownGidMap, facts);
  // A root that is alone in its own user namespace is not the machine's root: nothing else can be mapped.
  if (uid === undefined || gid === undefined) return singleId(facts);
  return {
    how: "direct",
    uid: [uid],
    gid: [gid],
    denySetgroups: false,
    owner: { uid: uid.outside, gid: gid.outside },
  };
}

/** The machine's root itself is never in the range. */
function rootRange(table: string, ownMap: string, facts: IdFacts): IdRange | undefined {
  const granted = subordinateRange(table, { ...facts, userName: facts.userName ?? "root" });
  const wanted = granted ?? { start: ROOT_BASE, count: WHOLE };
  const count = Math.min(wanted.count, WHOLE);
  const extents = ownMap
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([start = 0, , size = 0]) => ({ start, size }));
  if (extents.some(({ start, size }) => wanted.start >= start && wanted.start + count <= start + size)) {
    return { inside: 0, outside: wanted.start, count };
  }
  // Root of a container with few ids: the upper half of the widest extent, away from its daemons' ids.
  const widest = extents.reduce((best, extent) => (extent.size > best.size ? extent : best), { start: 0, size: 0 });
  if (widest.size < 2) return undefined;
  const half = Math.floor(widest.size / 2);
  return { inside: 0, outside: widest.start + widest.size - half, count: Math.min(half, WHOLE) };
}

/** The widest range that /etc/subuid or /etc/subgid (subuid(5)) grants the user, by name or by number. */
export function subordinateRange(
  table: string,
  user: { readonly userName: string | undefined; readonly uid: number },
): { start: number; count: number } | undefined {
  let best: { start: number; count: number } | undefined;
  for (const line of table.split("\n")) {
    const [who, start, count] = line.trim().split(":");
    if (who === undefined || (who !== user.userName && who !== String(user.uid))) continue;
    const range = { start: Number(start), count: Number(count) };
    if (!Number.isInteger(range.start) || !Number.isInteger(range.count) || range.count < 1) continue;
    if (best === undefined || range.count > best.count) best = range;
  }
  return best;
}

/** The first of `count` ids that /etc/subuid and /etc/subgid grant nobody, for a new line in both. */
export function freeSubordinateStart(...tables: readonly string[]): number {
  const ends = tables
    .flatMap((table) => table.split("\n"))
    .map((line) => line.trim().split(":"))
    .map(([, start, count]) => Number(start) + Number(count))
    .filter((end) => Number.isInteger(end));
  // useradd(8) begins here (SUB_UID_MIN of login.defs(5)).
  return Math.max(100_000, ...ends);
}

/** The text of a uid_map or gid_map file. */
export const mapText = (ranges: readonly IdRange[]): string =>
  ranges.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join("");

/** The arguments of newuidmap(1) or newgidmap(1) after the pid. */
export const mapArguments = (ranges: readonly IdRange[]): string[] =>
  ranges.flatMap(({ inside, outside, count }) => [String(inside), String(outside), String(count)]);
