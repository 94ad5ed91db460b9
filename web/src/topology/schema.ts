import labSchema from "../../../schema/lab.schema.json";

/** As much of JSON Schema (2020-12) as the schema of lab files uses. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly description?: string;
};

const root = labSchema as unknown as { readonly $defs: Readonly<Record<string, Schema>> };

export function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  return { ...resolved(root.$defs[$ref.replace("#/$defs/", "")] ?? {}), ...beside };
}

/** The settings of nodes of a kind. */
export function schemaOfKind(kind: string): Schema | undefined {
  const all = root.$defs["nodes-settings"]?.anyOf?.map(resolved) ?? [];
  return all.find((one) => one.properties?.["kind"]?.const === kind);
}

/** All kinds there are. */
export const kinds = (): readonly string[] =>
  (root.$defs["nodes-settings"]?.anyOf ?? [])
    .map((one) => resolved(one).properties?.["kind"]?.const)
    .filter((kind): kind is string => typeof kind === "string");

export const linkSchema = (): Schema => root.$defs["links-settings"] ?? {};
export const impairmentSchema = (): Schema => root.$defs["impairment"] ?? {};

/** How a setting can be asked for in a form. */
export type Field =
  | { readonly is: "choice"; readonly of: readonly string[] }
  | { readonly is: "truth" }
  | { readonly is: "number" }
  | { readonly is: "text" }
  /** One text, or several. */
  | { readonly is: "texts" }
  /** Too much for a form: it is written in the lab file. */
  | { readonly is: "structure" };

/** A text may stand for anything when it has a variable in it; that way is for the lab file. */
const isVariable = ({ type, pattern }: Schema): boolean => type === "string" && pattern?.includes("\\$\\{") === true;

export function fieldOf(schema: Schema): Field {
  const ways = (resolved(schema).anyOf ?? [resolved(schema)]).map(resolved).filter((way) => !isVariable(way));
  const choices = ways.flatMap((way) =>
    way.enum !== undefined ? way.enum : typeof way.const === "string" ? [way.const] : [],
  );
  if (ways.length > 0 && ways.every((way) => way.enum !== undefined || typeof way.const === "string"))
    return { is: "choice", of: choices };
  if (ways.length === 1 && ways[0]?.type === "boolean") return { is: "truth" };
  if (ways.length === 1 && (ways[0]?.type === "integer" || ways[0]?.type === "number")) return { is: "number" };
  const isText = ({ type }: Schema) => type === "string" || (Array.isArray(type) && type.includes("string"));
  if (ways.some(isText)) {
    const isList = ways.some(({ type, items }) => type === "array" && items !== undefined && isText(resolved(items)));
    return { is: isList ? "texts" : "text" };
  }
  if (ways.length === 1 && ways[0]?.type === "array" && ways[0].items !== undefined && isText(resolved(ways[0].items)))
    return { is: "texts" };
  return { is: "structure" };
}
