import { openApi } from "../../src/controller/server/openapi.ts";

type Json = Readonly<Record<string, unknown>>;
type Parameter = { readonly name: string; readonly in: string; readonly description?: string; readonly schema: Json };
type Body = { readonly content?: Readonly<Record<string, { readonly schema: Json }>> };
type Operation = {
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body & { readonly description?: string; readonly $ref?: string }>>;
};
type Document = {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, { readonly description: string }>>;
  };
};

/** The reference of the server's API, as Markdown, from the OpenAPI document that the server gives. */
export function serverApiReference(version: string): string {
  const document = openApi(version) as unknown as Document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const statuses = Object.entries(document.components.responses).map(
    ([name, { description }]) => `| ${name.replace("Problem", "")} | ${cell(description)} |`,
  );
  return [
    "# The server's API",
    "",
    "Below `/api/v1`. A server describes itself at `/api/v1/openapi.json` (OpenAPI 3.1), and shows that at `/api/docs`.",
    "",
    ...document.tags.flatMap(({ name, description }) => [
      `## ${name}`,
      "",
      `${markdown(description)}.`,
      "",
      ...operations
        .filter(({ operation }) => operation.tags.includes(name))
        .flatMap(({ path, method, operation }) => section(document, path, method, operation)),
    ]),
    "## Statuses of errors",
    "",
    "Every error is problem details (RFC 9457) with a code of the [errors' page](errors.md).",
    "",
    "| status | when |",
    "| ------ | ---- |",
    ...statuses,
    "",
  ].join("\n");
}

function section(document: Document, path: string, method: string, operation: Operation): readonly string[] {
  const parameters = operation.parameters.map((one) =>
    "$ref" in one ? (document.components.parameters[one.$ref.split("/").at(-1) ?? ""] as Parameter) : one,
  );
  const others = parameters.filter((one) => one.in !== "path");
  const [type, sent] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const [status = "", answer] = Object.entries(operation.responses).find(([code]) => Number(code) < 400) ?? [];
  const [answerType, answered] = Object.entries(answer?.content ?? {})[0] ?? [];
  const failures = Object.keys(operation.responses).filter((code) => Number(code) >= 400);
  return [
    `### ${method} ${markdown(path)}`,
    "",
    `${markdown(operation.summary)}. ${markdown(operation.description)}`,
    "",
    ...(others.length === 0
      ? []
      : [
          "| parameter | in | what |",
          "| --------- | -- | ---- |",
          ...others.map(
            ({ name, in: where, schema, description }) =>
              `| \`${name}\` | ${where} | ${cell(description ?? shape(schema))} |`,
          ),
          "",
        ]),
    ...(type === undefined ? [] : [`Body, \`${type}\`:`, "", "```ts", shape(sent?.schema ?? {}), "```", ""]),
    ...(answered === undefined
      ? [`Answer: ${status}.`, ""]
      : [`Answer: ${status}, \`${answerType}\`:`, "", "```ts", shape(answered.schema), "```", ""]),
    `Errors: ${failures.join(", ")}.`,
    "",
  ];
}

/** A JSON Schema in the way TypeScript has types, which is short. */
function shape(schema: Json, indent = ""): string {
  const { type, properties, required, items, additionalProperties } = schema as {
    type?: string;
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
    items?: Json;
    additionalProperties?: Json | boolean;
  };
  const choices = (schema["anyOf"] ?? schema["oneOf"]) as readonly Json[] | undefined;
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return schema["enum"].map((one) => JSON.stringify(one)).join(" | ");
  if (choices !== undefined) return choices.map((one) => shape(one, indent)).join(" | ");
  if (type === "array") {
    const item = shape(items ?? {}, indent);
    return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
  }
  if (properties !== undefined) {
    const inner = `${indent}  `;
    const fields = Object.entries(properties).map(
      ([name, one]) => `${inner}${name}${required?.includes(name) ? "" : "?"}: ${shape(one, inner)};`,
    );
    return fields.length === 0 ? "{}" : `{\n${fields.join("\n")}\n${indent}}`;
  }
  if (type === "object" && typeof additionalProperties === "object")
    return `{ [name: string]: ${shape(additionalProperties, indent)} }`;
  if (type === "integer") return "integer";
  return type ?? "unknown";
}

const markdown = (text: string): string => text.replace(/[\\*_[\]<>|$]/g, "\\$&").replace(/[{}]/g, (one) => `\\${one}`);
const cell = (text: string): string => markdown(text).replaceAll("\n", " ");
