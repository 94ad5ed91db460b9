import { sql } from "kysely";
import { labError } from "../../topology/index.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * Identifiers of networks that no two labs of a server share, whoever their owners are: what leaves a host must
 * not meet what is another lab's. They are given in blocks.
 *
 * VXLAN has 24 bits (RFC 7348, 5), one for each link whose ends are on different hosts; 0 is left out. VLAN has
 * 12 (IEEE 802.1Q, 9.6), of which 0, 1 and 4095 have meanings of their own.
 */
const kinds = {
  vxlan: { size: 256, first: 1, last: 2 ** 16 - 1, name: "VXLAN" },
  vlan: { size: 1, first: 2, last: 4094, name: "VLAN" },
} as const;
export type NetworkIdKind = Tables["network_ids"]["kind"];

export type NetworkIds = {
  readonly vxlan: { readonly first: number; readonly last: number }[];
  readonly vlan?: number;
};

/**
 * Gives a lab what it has not yet: enough for `links` links between hosts, and a VLAN. They are its own until it is
 * deleted. Of two who take the same at once, the table's key lets one, and the other looks again.
 *
 * @throws NETWORK_IDS_EXHAUSTED
 */
export async function giveNetworkIds(database: Database, lab: string, links: number): Promise<void> {
  await give(database, lab, "vxlan", Math.max(1, Math.ceil(links / kinds.vxlan.size)));
  await give(database, lab, "vlan", 1);
}

async function give(database: Database, lab: string, kind: NetworkIdKind, blocks: number): Promise<void> {
  const { has } = await database
    .selectFrom("network_ids")
    .select(({ fn }) => fn.countAll().as("has"))
    .where("lab_id", "=", lab)
    .where("kind", "=", kind)
    .executeTakeFirstOrThrow();
  for (let missing = blocks - Number(has); missing > 0; ) {
    const block = await lowestFree(database, kind);
    if (block === undefined) throw labError("NETWORK_IDS_EXHAUSTED", { kind: kinds[kind].name });
    const done = await database
      .insertInto("network_ids")
      .values({ kind, block, lab_id: lab })
      .onConflict((conflict) => conflict.columns(["kind", "block"]).doNothing())
      .executeTakeFirst();
    if (done.numInsertedOrUpdatedRows === 1n) missing -= 1;
  }
}

async function lowestFree(database: Database, kind: NetworkIdKind): Promise<number | undefined> {
  const { first, last } = kinds[kind];
  const { rows } = await sql<{ block: number | null }>`
    select min(candidate) as block from (
      select cast(${first} as integer) as candidate
      union all select block + 1 from network_ids where kind = ${kind}
    ) as candidates
    where candidate <= ${last}
      and not exists (select 1 from network_ids where kind = ${kind} and network_ids.block = candidate)
  `.execute(database);
  return rows[0]?.block ?? undefined;
}

/** What labs have, by their ids. */
export async function networkIdsOf(
  database: Database,
  labs: readonly string[],
): Promise<ReadonlyMap<string, NetworkIds>> {
  if (labs.length === 0) return new Map();
  const rows = await database
    .selectFrom("network_ids")
    .selectAll()
    .where("lab_id", "in", labs)
    .orderBy("kind")
    .orderBy("block")
    .execute();
  const found = new Map<string, { vxlan: { first: number; last: number }[]; vlan?: number }>();
  for (const { lab_id: lab, kind, block } of rows) {
    const ids = found.get(lab) ?? { vxlan: [] };
    found.set(lab, ids);
    if (kind === "vlan") {
      ids.vlan = block;
      continue;
    }
    const { size } = kinds.vxlan;
    const range = { first: block * size, last: (block + 1) * size - 1 };
    const before = ids.vxlan.at(-1);
    if (before?.last === range.first - 1) before.last = range.last;
    else ids.vxlan.push(range);
  }
  return found;
}
