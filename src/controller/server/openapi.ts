import * as z from "zod";
import { type ControllerRoute, CopyResult, controllerRoutes, Problem } from "../../api/index.ts";
import { uploadOperation, uploadRoute } from "./uploads.ts";

const problemContent = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

/** The contract as OpenAPI 3.1, made of the schemas that requests are checked by. */
export function openApi(version: string): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(controllerRoutes) as [string, ControllerRoute][]) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  paths[uploadRoute.replace(/:(\w+)/g, "{$1}")] = {
    put: {
      ...uploadOperation,
      responses: {
        200: {
          description: uploadOperation.summary,
          content: { "application/json": { schema: schemaOf(CopyResult, "output") } },
        },
        default: { description: "What is wrong", content: problemContent },
      },
    },
  };
  return {
    openapi: "3.1.0",
    info: { title: "Netwright", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/api/v1" }],
    paths,
    components: {
      schemas: { Problem: schemaOf(Problem, "output") },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "netwright" },
      },
    },
    security: [{ token: [] }, { session: [] }],
  };
}

function operation(name: string, route: ControllerRoute): object {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, param = ""]) => ({
    name: param,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const query = route.query === undefined ? undefined : (schemaOf(route.query, "input") as JsonObjectSchema);
  const inQuery = Object.entries(query?.properties ?? {}).map(([param, schema]) => ({
    name: param,
    in: "query",
    required: query?.required?.includes(param) ?? false,
    schema,
  }));
  const type = route.kind === "sse" ? "text/event-stream" : "application/json";
  const answer =
    route.response === undefined
      ? { description: "Done" }
      : { description: route.summary, content: { [type]: { schema: schemaOf(route.response, "output") } } };
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    description: `For: ${route.access}.`,
    parameters: [...inPath, ...inQuery],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { "application/json": { schema: schemaOf(route.body, "input") } } },
        }),
    ...(route.access === "anybody" ? { security: [] } : {}),
    responses: { [route.status]: answer, default: { description: "What is wrong", content: problemContent } },
  };
}

type JsonObjectSchema = {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
};

function schemaOf(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any" });
  return rest;
}
