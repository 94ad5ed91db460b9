import type { BgpRouter, BgpStatement } from "./bgp-statements.ts";

/** How a running BGP router gets from one set of neighbours and announcements to another. */
export type BgpChange = {
  /** Lines of a configuration file, with the header; empty where nothing differs. */
  readonly commands: string;
  /** What comes, changes and goes, as it is called in the file: `neighbor 10.0.0.2`, `network 10.1.0.0/24`. */
  readonly come: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
};

/**
 * Statements of a neighbour that change without its session: bgpd asks for its routes anew, or sends its own again
 * (RFC 2918). All else begins with a session.
 */
const withoutSession =
  /^neighbor \S+ (?:description .+|weight \d+|(?:route-map|prefix-list|filter-list) \S+ (?:in|out)|next-hop-self|soft-reconfiguration inbound)$/;

/**
 * What a running BGP router is told so that it becomes `after`, which begins with the same line. A neighbour that
 * differs is taken out and put in again as it is now, which ends its session and no other one. Of a peer group that
 * would end the sessions of all its members, and what a member says itself depends on what its group said before it.
 *
 * @returns the change, or the name of a peer group that is not the same any more
 * @see https://docs.frrouting.org/en/latest/bgp.html#defining-peers
 */
export function bgpChange(header: string, before: BgpRouter, after: BgpRouter): BgpChange | { readonly group: string } {
  const said: BgpStatement[] = [];
  const [come, changed, gone]: [string[], string[], string[]] = [[], [], []];
  const anew = new Set<string>();
  const removals: BgpStatement[] = [];
  const soft: BgpStatement[] = [];
  // Members before their group, which takes them along.
  for (const [name, statements] of [...before.neighbours].toReversed()) {
    const [had, has] = [byFamily(statements), byFamily(after.neighbours.get(name))];
    if (has !== undefined && equal(had, has)) continue;
    const isGroup = [had, has ?? []].some((lines) => lines.some(({ line }) => line === `neighbor ${name} peer-group`));
    if (isGroup && has !== undefined) return { group: name };
    (has === undefined ? gone : changed).push(`neighbor ${name}`);
    const alone = has === undefined ? undefined : softChange(had, has);
    if (alone !== undefined) {
      soft.push(...alone);
      continue;
    }
    anew.add(name);
    removals.push({ line: isGroup ? `no neighbor ${name} peer-group` : `no neighbor ${name}` });
  }
  for (const [name, has] of after.neighbours) {
    const isNew = !before.neighbours.has(name);
    if (isNew) come.push(`neighbor ${name}`);
    if (isNew || anew.has(name)) said.push(...has);
  }
  const announced = announcementChange(before.announcements, after.announcements);
  const statements = [...removals, ...soft, ...announced.statements, ...said];
  return {
    commands: statements.length === 0 ? "" : inSections(header, statements),
    come: [...come, ...announced.come],
    changed: [...changed.toReversed(), ...announced.changed],
    gone: [...gone.toReversed(), ...announced.gone],
  };
}

/** The statements that make one list of a neighbour's into another, if they are such as leave its session. */
function softChange(had: readonly BgpStatement[], has: readonly BgpStatement[]): readonly BgpStatement[] | undefined {
  const [lost, won] = [without(had, has), without(has, had)];
  if (![...lost, ...won].every(({ line }) => withoutSession.test(line))) return undefined;
  // In another order, of which the last one wins, or in another family.
  if (!equal(without(had, lost), without(has, won))) return undefined;
  if (lost.some(({ line }) => won.some((other) => other.line === line))) return undefined;
  if (new Set(has.map(softKey)).size < has.length) return undefined;
  const replaced = new Set(won.map(softKey));
  return [...lost.filter((one) => !replaced.has(softKey(one))).map(negated), ...won];
}

/** Two statements of the same key are two values of one setting. */
function softKey({ family, line }: BgpStatement): string {
  const [, name, setting, ...values] = line.split(" ");
  if (!withoutSession.test(line)) return `${family} ${line}`;
  return `${family} ${name} ${setting} ${values.length === 2 ? values[1] : ""}`;
}

/** Prefixes, protocols and aggregates that come, change and go. */
function announcementChange(had: readonly BgpStatement[], has: readonly BgpStatement[]) {
  const [before, after] = [Map.groupBy(had, announcementKey), Map.groupBy(has, announcementKey)];
  const statements: BgpStatement[] = [];
  const [come, changed, gone]: [string[], string[], string[]] = [[], [], []];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key) ?? [], after.get(key) ?? []];
    if (equal(old, now)) continue;
    // The last one wins, and is the one that is there.
    const last = old.at(-1);
    if (last !== undefined && now.at(-1)?.line !== last.line) statements.push(negated(last));
    statements.push(...now);
    const name = key.slice(key.indexOf("/ ") + 2);
    if (old.length === 0) come.push(name);
    else if (now.length === 0) gone.push(name);
    else changed.push(name);
  }
  return { statements, come, changed, gone };
}

/** Two statements of the same key are two values of one setting: `redistribute ospf 1 metric 5`, of `redistribute ospf 1`. */
function announcementKey({ family, line }: BgpStatement): string {
  const [setting, value = "", instance = ""] = line.split(" ");
  if (setting === "maximum-paths") return `${family}/ ${setting}${/^\d/.test(value) ? "" : ` ${value}`}`;
  const isInstance = setting === "redistribute" && /^\d+$/.test(instance);
  return `${family}/ ${setting} ${value}${isInstance ? ` ${instance}` : ""}`;
}

/** Statements below their header and families, those of the router itself first. */
function inSections(header: string, statements: readonly BgpStatement[]): string {
  const lines = [header];
  for (const [family, own] of Map.groupBy(statements, (one) => one.family)) {
    if (family === undefined) continue;
    lines.push(` address-family ${family}`, ...own.map(({ line }) => `  ${line}`), " exit-address-family");
  }
  const ofRouter = statements.filter(({ family }) => family === undefined).map(({ line }) => ` ${line}`);
  return [...lines.toSpliced(1, 0, ...ofRouter), "!", ""].join("\n");
}

/** Families come in any order; only within one does it matter. */
const byFamily = <Statements extends readonly BgpStatement[] | undefined>(statements: Statements) =>
  statements?.toSorted((one, other) => (one.family ?? "").localeCompare(other.family ?? "", "en")) as Statements;

const negated = (statement: BgpStatement): BgpStatement => ({ ...statement, line: `no ${statement.line}` });

const isSame = (one: BgpStatement, other: BgpStatement) => one.family === other.family && one.line === other.line;

const without = (list: readonly BgpStatement[], others: readonly BgpStatement[]): readonly BgpStatement[] =>
  list.filter((one) => !others.some((other) => isSame(one, other)));

const equal = (list: readonly BgpStatement[], others: readonly BgpStatement[]): boolean =>
  list.length === others.length && list.every((one, index) => isSame(one, others[index] as BgpStatement));
