import { labJsonSchema, type Schema } from "./json-schemas.ts";

/**
 * The lab file's reference, as Markdown, from its JSON Schema: one section for the whole file and one
 * for each part with a title, in the order in which they are met.
 */
export function labFileReference(): string {
  const schema = labJsonSchema();
  const definitions = schema.$defs ?? {};
  const order: string[] = [];
  const titled = new Map<string, Schema>();
  visit(schema, definitions, order, titled);
  const sections = order.flatMap((name) => section(titled.get(name) as Schema, definitions));
  return [
    "# Lab file",
    "",
    `${schema.description ?? ""} The file is YAML, by default \`lab.yaml\`; a TypeScript module that exports \`defineLab({…})\` says the same.`,
    "",
    "Any text may contain variables, as `${name}`. For completion and checks while you type, begin the file with",
    "",
    "```yaml",
    "# yaml-language-server: $schema=node_modules/netwright/schema/lab.schema.json",
    "```",
    "",
    "## The whole file",
    "",
    ...table(schema, definitions),
    ...sections,
    "",
  ].join("\n");
}

/** Finds the parts with a title, depth first. */
function visit(
  schema: Schema,
  definitions: Record<string, Schema>,
  order: string[],
  titled: Map<string, Schema>,
): void {
  const target = resolve(schema, definitions);
  const name = nameOf(schema);
  if (name !== undefined && target.title !== undefined) {
    if (titled.has(name)) return;
    titled.set(name, target);
    order.push(name);
  }
  for (const part of partsOf(target)) visit(part, definitions, order, titled);
}

const partsOf = (schema: Schema): readonly Schema[] => [
  ...Object.values(schema.properties ?? {}),
  ...(typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : []),
  ...(schema.items === undefined ? [] : [schema.items]),
  ...(schema.anyOf ?? []),
];

function section(schema: Schema, definitions: Record<string, Schema>): readonly string[] {
  const heading = ["", `## ${schema.title}`, ""];
  const description = schema.description === undefined ? [] : [sentence(schema.description), ""];
  if (schema.properties !== undefined) return [...heading, ...description, ...table(schema, definitions)];
  const forms = (schema.anyOf ?? []).map((form) => resolve(form, definitions));
  const simple = forms
    .filter((form) => form.properties === undefined && !isVariable(form))
    .map((form) => `- ${typeText(form, definitions)}${form.description === undefined ? "" : `: ${form.description}`}`);
  const maps = forms.filter((form) => form.properties !== undefined);
  return [
    ...heading,
    ...description,
    ...simple,
    ...maps.flatMap((form) => ["- a map:", "", ...table(form, definitions)]),
  ];
}

function table(schema: Schema, definitions: Record<string, Schema>): readonly string[] {
  const rows = Object.entries(schema.properties ?? {}).map(([key, part]) => {
    const needed = schema.required?.includes(key) ? " (needed)" : "";
    const description = part.description ?? resolve(part, definitions).description ?? "";
    return `| \`${key}\`${needed} | ${cell(typeText(part, definitions))} | ${cell(sentence(description))} |`;
  });
  return ["| key | takes | meaning |", "| --- | --- | --- |", ...rows];
}

/** What a value is, in words, with links to the sections. */
function typeText(schema: Schema, definitions: Record<string, Schema>): string {
  const name = nameOf(schema);
  const target = resolve(schema, definitions);
  if (name !== undefined && target.title !== undefined) return `[${target.title}](#${name})`;
  const alternatives = target.anyOf?.filter((form) => !isVariable(resolve(form, definitions)));
  if (alternatives !== undefined) {
    return [...new Set(alternatives.map((form) => typeText(form, definitions)))].join(" or ");
  }
  if (target.const !== undefined) return `\`${target.const}\``;
  if (target.enum !== undefined) return target.enum.map((value) => `\`${value}\``).join(", ");
  if (target.pattern?.includes("ms|s|m|h")) return "duration, such as `10s`";
  const types = [target.type ?? "object"].flat();
  return types.map((type) => ofType(type, target, definitions)).join(" or ");
}

function ofType(type: string, schema: Schema, definitions: Record<string, Schema>): string {
  if (type === "string") return "text";
  if (type === "boolean") return "`true` or `false`";
  if (type === "null") return "nothing";
  if (type === "number") return "number";
  if (type === "integer") return schema.minimum === undefined ? "number" : `${schema.minimum} to ${schema.maximum}`;
  if (type === "array")
    return `list of: ${schema.items === undefined ? "anything" : typeText(schema.items, definitions)}`;
  if (typeof schema.additionalProperties === "object") {
    return `map of: ${typeText(schema.additionalProperties, definitions)}`;
  }
  const all = Object.keys(schema.properties ?? {});
  if (all.length > 3) return `map with ${all.map((key) => `\`${key}\``).join(", ")}`;
  const keys = Object.entries(schema.properties ?? {}).map(
    ([key, part]) => `\`${key}\`: ${typeText(part, definitions)}`,
  );
  return `{${keys.join(", ")}}`;
}

const resolve = (schema: Schema, definitions: Record<string, Schema>): Schema => {
  const name = nameOf(schema);
  return name === undefined
    ? schema
    : { ...definitions[name], ...(schema.description && { description: schema.description }) };
};

const nameOf = (schema: Schema): string | undefined => schema.$ref?.slice("#/$defs/".length);
const isVariable = (schema: Schema): boolean => schema.type === "string" && schema.pattern === "\\$\\{";
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const sentence = (text: string): string => (text === "" || /[.!?]$/.test(text) ? text : `${text}.`);
