import * as z from "zod";
import { kindFile } from "../../src/topology/kinds/user/kind-file.ts";
import { recipeForm } from "../../src/topology/recipe/form.ts";
import { labSchema } from "../../src/topology/schema/lab.ts";

/** The part of JSON Schema (draft 2020-12) that the files of users need. */
export type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  [key: string]: unknown;
};

/** A variable (`${…}`) may stand for any value of a lab file. */
export const labJsonSchema = (): Schema => jsonSchemaOf(labSchema, "lab", orVariable);

/** What users write, by the names their schemas are published under, for editors. */
export const jsonSchemas = (): Readonly<Record<string, Schema>> => ({
  lab: labJsonSchema(),
  recipe: { ...jsonSchemaOf(recipeForm, "recipe"), title: "Recipe of an image" },
  // A function is for kinds that are modules.
  kind: { ...jsonSchemaOf(kindFile.omit({ make: true }), "kind"), title: "Kind of nodes" },
});

/**
 * The JSON Schema of a file, from the schema that reads it. What has a title, or is large and used in
 * several places, becomes a definition; the rest stands where it is used.
 */
function jsonSchemaOf(file: z.ZodType, what: string, orElse: (schema: Schema) => Schema = (schema) => schema): Schema {
  const { $defs = {}, ...root } = z.toJSONSchema(file, { io: "input", reused: "ref" }) as Schema;
  const definitions: Record<string, Schema> = {};
  const names = new Map<string, string>();

  const place = (schema: Schema, where: string): Schema => {
    const { $ref, ...beside } = schema;
    if ($ref === undefined) return named(walk(schema, where), schema);
    const id = $ref.slice($ref.lastIndexOf("/") + 1);
    const target = $defs[id];
    if (target === undefined) throw new Error(`The schema refers to ${$ref}, which is not there.`);
    if (target.title === undefined && !isLarge(target)) return { ...place(target, where), ...beside };
    return { $ref: `#/$defs/${define(id, target, where)}`, ...beside };
  };
  const define = (id: string, target: Schema, where: string): string => {
    const known = names.get(id);
    if (known !== undefined) return known;
    // Not the name alone: what a key holds may be called as something that has a title.
    const name = slug(target.title ?? `${where} settings`);
    names.set(id, name);
    definitions[name] = walk(target, where);
    return name;
  };
  /** A titled schema that is used once is no reference yet. */
  const named = (walked: Schema, { title }: Schema): Schema => {
    if (title === undefined || walked === root) return walked;
    definitions[slug(title)] = walked;
    return { $ref: `#/$defs/${slug(title)}` };
  };
  const walk = (schema: Schema, where: string): Schema => {
    const { propertyNames: _, oneOf, ...rest } = schema;
    const alternatives = rest.anyOf ?? oneOf;
    const below = (part: Schema) => place(part, where);
    return orElse({
      ...rest,
      ...(rest.properties && {
        properties: Object.fromEntries(Object.entries(rest.properties).map(([key, part]) => [key, place(part, key)])),
      }),
      ...(typeof rest.additionalProperties === "object" && { additionalProperties: below(rest.additionalProperties) }),
      ...(rest.items && { items: below(rest.items) }),
      ...(alternatives && { anyOf: alternatives.map(below) }),
    });
  };

  const { $schema, title, description, ...body } = root;
  const whole = walk(body, what);
  return JSON.parse(JSON.stringify({ $schema, title, description, ...whole, $defs: definitions }));
}

/** Worth a name of its own rather than a copy in each place. */
const isLarge = (schema: Schema): boolean => JSON.stringify(schema).length > 1_000;

/** What is no text takes a variable as well: it is replaced before the value is read. */
function orVariable(schema: Schema): Schema {
  const takesText = schema.type === undefined || [schema.type].flat().includes("string");
  const closed = schema.enum !== undefined || schema.pattern !== undefined;
  if (schema.const !== undefined || schema.type === "object" || schema.type === "array" || schema.type === "null")
    return schema;
  if (takesText && !closed) return schema;
  const { title, description, ...rest } = schema;
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    anyOf: [rest, { type: "string", pattern: "\\$\\{" }],
  };
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
