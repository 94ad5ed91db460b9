import type { Compilable } from "kysely";
import type { Database } from "./database.ts";

/** Stands for a value while a statement is built. */
class Place {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }
}

/**
 * A query that every request needs: built once, since that takes longer than to run it.
 *
 * @param build makes it with values that stand for those which are given each time; it must not look at them
 * @returns asks for its first row
 */
export function prepared<Values extends object, Row>(
  database: Database,
  build: (values: Values) => Compilable<Row>,
): (values: Values) => Promise<Row | undefined> {
  const places = new Proxy({}, { get: (_, key) => new Place(String(key)) }) as Values;
  const query = build(places).compile();
  return async (values) => {
    const given = values as Readonly<Record<string, unknown>>;
    const parameters = query.parameters.map((one) => (one instanceof Place ? given[one.key] : one));
    return (await database.executeQuery<Row>({ ...query, parameters })).rows[0];
  };
}
