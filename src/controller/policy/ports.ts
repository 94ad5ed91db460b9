import { type Lab, labError, type PublishedPort, runsPrograms } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import type { Tables } from "../data/tables.ts";
import type { ServerRules } from "./rules.ts";

type Row = Tables["published_ports"];
type Wanted = Omit<Row, "host_port" | "lab_id">;

const wantedOf = (node: string, { protocol, port, to }: PublishedPort): Wanted => ({
  protocol,
  node,
  port,
  target: to ?? "",
});
const isOf = (row: Row, wanted: Wanted): boolean =>
  (["protocol", "node", "port", "target"] as const).every((key) => row[key] === wanted[key]);

/**
 * Gives each published port of a lab one of the server's that no other lab has, the same at each start. What the lab
 * has and does not publish any more stays its own until `releasePorts`.
 *
 * @returns the lab with them
 * @throws SERVER_PORT_TAKEN, SERVER_PORTS_USED_UP
 */
export async function reservePorts(
  database: Database,
  labId: string,
  lab: Lab,
  place: ServerRules["ports"],
): Promise<Lab> {
  if (place === undefined || !publishes(lab)) return lab;
  const rows = await database.selectFrom("published_ports").selectAll().where("lab_id", "=", labId).execute();
  const isFree = new Set(rows);
  const insert = async (row: Row): Promise<boolean> => {
    const done = await database
      .insertInto("published_ports")
      .values(row)
      .onConflict((conflict) => conflict.columns(["protocol", "host_port"]).doNothing())
      .executeTakeFirst();
    return done.numInsertedOrUpdatedRows === 1n;
  };
  const given = async (wanted: Wanted, hostPort: number): Promise<number> => {
    const own = rows.find((row) => row.protocol === wanted.protocol && row.host_port === hostPort);
    if (own !== undefined) isFree.delete(own);
    else if (!(await insert({ ...wanted, host_port: hostPort, lab_id: labId })))
      throw labError("SERVER_PORT_TAKEN", { node: wanted.node, port: `${hostPort}/${wanted.protocol}` });
    return hostPort;
  };
  const any = async (wanted: Wanted): Promise<number> => {
    const own = [...isFree].find((row) => isOf(row, wanted));
    if (own !== undefined) {
      isFree.delete(own);
      return own.host_port;
    }
    const { from, to } = place;
    const taken = await database
      .selectFrom("published_ports")
      .select("host_port")
      .where("protocol", "=", wanted.protocol)
      .execute();
    const known = new Set(taken.map((row) => row.host_port));
    for (let port = from; port <= to; port++) {
      if (known.has(port)) continue;
      // Somebody else may have taken it since.
      if (await insert({ ...wanted, host_port: port, lab_id: labId })) return port;
    }
    throw labError("SERVER_PORTS_USED_UP", { node: wanted.node, from, to });
  };
  const hostPorts = new Map<PublishedPort, number>();
  // Those that are given first: what is free for any is what they leave.
  for (const isGiven of [true, false])
    for (const [node, port] of publishedIn(lab)) {
      if ((port.hostPort !== 0) !== isGiven) continue;
      const wanted = wantedOf(node, port);
      hostPorts.set(port, isGiven ? await given(wanted, port.hostPort) : await any(wanted));
    }
  return {
    ...lab,
    nodes: lab.nodes.map((node) =>
      runsPrograms(node) && node.reach !== undefined
        ? {
            ...node,
            reach: {
              ...node.reach,
              ports: node.reach.ports.map((port) => ({ ...port, hostPort: hostPorts.get(port) ?? port.hostPort })),
            },
          }
        : node,
    ),
  };
}

/** Gives back what a lab has and does not publish. */
export async function releasePorts(database: Database, labId: string, lab: Lab): Promise<void> {
  const rows = await database.selectFrom("published_ports").selectAll().where("lab_id", "=", labId).execute();
  const published = publishedIn(lab);
  for (const row of rows) {
    const isUsed = published.some(
      ([, { protocol, hostPort }]) => protocol === row.protocol && hostPort === row.host_port,
    );
    if (isUsed) continue;
    await database
      .deleteFrom("published_ports")
      .where("protocol", "=", row.protocol)
      .where("host_port", "=", row.host_port)
      .execute();
  }
}

const publishedIn = (lab: Lab): readonly (readonly [node: string, port: PublishedPort])[] =>
  lab.nodes.flatMap((node) =>
    runsPrograms(node) ? (node.reach?.ports ?? []).map((port) => [node.name, port] as const) : [],
  );

const publishes = (lab: Lab): boolean => publishedIn(lab).length > 0;
