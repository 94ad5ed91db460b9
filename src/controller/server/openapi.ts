import * as z from "zod";
import {
  type ControllerRoute,
  CopyResult,
  controllerRoutes,
  LabName,
  Name,
  Problem,
  type Route,
} from "../../api/index.ts";
import { FileQuery, labFileRoutes } from "./lab-files.ts";
import { isOnce, labRoutes } from "./lab-route.ts";

/** The address of a lab, below which its own API is. */
const labPath = "/projects/:project/labs/:lab";
/** Parameters of addresses that are no names (app.ts). */
const free = new Set(["token", "session", "image", "node", "link", "capture"]);
/** And those that are numbers. */
const numbers = new Set(["run"]);

type Operation = Pick<ControllerRoute, "method" | "path" | "tag" | "summary" | "query" | "body" | "response"> & {
  readonly id: string;
  readonly description: string;
  readonly isOpen: boolean;
  readonly status: number;
  readonly kind: ControllerRoute["kind"] | Route["kind"];
  /** Its body is bytes. */
  readonly isUpload?: true;
  readonly takesIfMatch: boolean;
  readonly isOnce: boolean;
};

/** The contract as OpenAPI 3.1 (spec.openapis.org), made of the schemas that requests are checked by. */
export function openApi(version: string): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of [...ownOperations(), ...labOperations(), ...fileOperations]) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: described(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Netwright",
      version,
      summary: "Labs of a team: users, projects, topologies, labs, and what is in them",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api/v1" }],
    tags: tags.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { Problem: schemaOf(Problem, "output") },
      parameters,
      headers: {
        ETag: {
          description: "For If-Match, which heeds the revision in it, and If-None-Match (RFC 9110, 8.8.3)",
          schema: { type: "string", pattern: '^"[0-9]+\\.[A-Za-z0-9_-]+"$' },
        },
        ContentRange: { description: "Which part of how much", schema: { type: "string" } },
        RetryAfter: { description: "Seconds until it may be worth trying again", schema: { type: "string" } },
        Allow: { description: "The methods that there are", schema: { type: "string" } },
      },
      responses: Object.fromEntries(
        Object.entries(problems).map(([status, { description, headers }]) => [
          `Problem${status}`,
          { description, ...(headers === undefined ? {} : { headers }), content: problemContent },
        ]),
      ),
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "A personal access token (POST /tokens)" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "netwright",
          description: "Of who signed in (POST /session); __Host-netwright by HTTPS",
        },
        csrf: {
          type: "apiKey",
          in: "header",
          name: "x-csrf-token",
          description: "With a session, for everything but GET: the csrfToken of GET /session",
        },
      },
    },
    security: [{ token: [] }, { session: [] }],
  };
}

const tags: readonly (readonly [string, string])[] = [
  ["session", "Signing in and out"],
  ["tokens", "One's own tokens"],
  ["users", "Users of the server"],
  ["projects", "Projects, and who is a member"],
  ["topologies", "Lab files with versions"],
  ["labs", "Labs: deploy, change, stop, delete"],
  ["lab", "What is in one lab: nodes, links, faults, captures, files, consoles. The supervisor's API, passed on"],
  ["events", "What happens"],
  ["hosts", "The machines that labs run on"],
  ["images", "Images that labs have at hand"],
  ["audit", "What was asked for"],
  ["server", "The server itself"],
];

const problemContent = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const retry = { "Retry-After": { $ref: "#/components/headers/RetryAfter" } };
const problems: Readonly<Record<string, { readonly description: string; readonly headers?: object }>> = {
  400: { description: "The request is malformed, or has what nobody heeds" },
  401: { description: "Nobody is signed in, or the token is not good" },
  403: { description: "The role, the token's scope, the CSRF token or the origin does not do" },
  404: { description: "There is none, or one may not know of it" },
  405: { description: "Not with this method", headers: { Allow: { $ref: "#/components/headers/Allow" } } },
  409: { description: "It cannot be done as things are now" },
  411: { description: "The length of the body is not said" },
  412: { description: "It was changed by somebody else meanwhile: If-Match does not match" },
  413: { description: "The body is too long" },
  415: { description: "The body is no JSON" },
  416: { description: "The file has nothing at that range" },
  422: { description: "The lab file, or a name in the request, is wrong" },
  429: { description: "Too many attempts" },
  501: { description: "The machine that the lab runs on cannot do it" },
  502: { description: "The lab does not answer" },
  503: { description: "The database or the host is gone for the moment", headers: retry },
  504: { description: "It took too long" },
  507: { description: "A disk is full", headers: retry },
};

const parameters = {
  IfMatch: {
    name: "If-Match",
    in: "header",
    required: false,
    description: "Only if it is still as in the ETag that came with it (RFC 9110, 13.1.1); 412 when it is not",
    schema: { type: "string" },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "ETags of answers that one has (RFC 9110, 13.1.2); 304 when it is one of them still",
    schema: { type: "string" },
  },
  Range: {
    name: "Range",
    in: "header",
    required: false,
    description: "One range of bytes, such as bytes=0-99 (RFC 9110, 14.2)",
    schema: { type: "string" },
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: "The same key and request, sent again within a day: the answer of the first, and nothing done again",
    schema: { type: "string", minLength: 1, maxLength: 200 },
  },
  LastEventId: {
    name: "Last-Event-ID",
    in: "header",
    required: false,
    description: "Of the last event that came (WHATWG HTML, 9.2): what happened since, and then what happens",
    schema: { type: "string", pattern: "^[0-9]+$" },
  },
} as const;

function ownOperations(): readonly Operation[] {
  return (Object.entries(controllerRoutes) as [string, ControllerRoute][]).map(([id, route]) => ({
    ...route,
    id,
    description: `For: ${words[route.access]}.`,
    isOpen: route.access === "anybody",
    takesIfMatch: route.takesIfMatch === true,
    isOnce:
      (route.method === "POST" || route.method === "PUT") && route.isAsking !== true && route.access !== "anybody",
  }));
}

const words: Readonly<Record<ControllerRoute["access"], string>> = {
  anybody: "anybody",
  user: "who is signed in",
  "server-admin": "server administrators",
  viewer: "viewers of the project and above",
  operator: "operators of the project and above",
  admin: "administrators of the project",
};

function labOperations(): readonly Operation[] {
  return labRoutes.map((one) => {
    const { name, route, access, upgrade } = one;
    const { query, body, kind, method, summary, response } = route;
    return {
      id: `inLab.${name}`,
      method,
      path: route.path.replace("/v1", labPath),
      tag: "lab",
      summary,
      description: `For: ${words[access]}.${kindWords[kind]}${isOnce(one) && kind !== "json" ? " With an Idempotency-Key, the answer comes at the end, whole." : ""}`,
      isOpen: false,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body }),
      response,
      status: upgrade === undefined ? 200 : 101,
      kind,
      takesIfMatch: false,
      isOnce: isOnce(one),
    };
  });
}

/** Of files as bodies; what is common to them is in `labFileRoutes`. */
const fileOperations: readonly Operation[] = [
  fileOperation("getFile", {
    description: " One range of it may be asked for; at most 4 GiB are sent at once. It follows a symbolic link.",
    query: FileQuery,
    kind: "bytes",
  }),
  fileOperation("putFile", {
    description: " The body is the file; its length must be said.",
    query: FileQuery,
    kind: "json",
    isUpload: true,
    response: CopyResult,
  }),
  fileOperation("captureFile", {
    description: " One range of it may be asked for. It is there after its lab has ended, too.",
    kind: "bytes",
  }),
];

function fileOperation(
  id: keyof typeof labFileRoutes,
  { description, response = z.unknown(), ...more }: Partial<Operation> & Pick<Operation, "kind">,
): Operation {
  const { method, path, summary, access } = labFileRoutes[id];
  return {
    ...{
      id,
      method,
      path,
      summary,
      response,
      tag: "lab",
      isOpen: false,
      status: 200,
      takesIfMatch: false,
      isOnce: false,
    },
    description: `For: ${words[access]}.${description}`,
    ...more,
  };
}

const kindWords: Readonly<Record<Route["kind"], string>> = {
  json: "",
  ndjson: " Each line of the answer is one of the schema; a GET may be a WebSocket instead.",
  bytes: " The result is in the trailer netwright-result; a GET may be a WebSocket instead.",
  websocket: " A WebSocket (RFC 6455).",
  archive: " The connection is upgraded to netwright-archive, a tar archive and a report (RFC 9110, 7.8).",
};

const contentTypes: Readonly<Partial<Record<Operation["kind"], string>>> = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  sse: "text/event-stream",
  bytes: "application/octet-stream",
};

function described(operation: Operation): object {
  const { id, tag, summary, description, path, query, body, kind, method } = operation;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, param = ""]) => ({
    name: param,
    in: "path",
    required: true,
    schema: numbers.has(param)
      ? { type: "integer", minimum: 1 }
      : free.has(param)
        ? { type: "string", minLength: 1 }
        : schemaOf(param === "lab" ? LabName : Name, "input"),
  }));
  const queried = query === undefined ? undefined : (schemaOf(query, "input") as JsonObjectSchema);
  const inQuery = Object.entries(queried?.properties ?? {}).map(([param, schema]) => ({
    name: param,
    in: "query",
    required: queried?.required?.includes(param) ?? false,
    schema: coerced(schema, query?.shape[param] as z.ZodType),
  }));
  const headers = [
    ...(operation.takesIfMatch ? ["IfMatch"] : []),
    ...(operation.isOnce ? ["IdempotencyKey"] : []),
    ...(isTagged(operation) && method === "GET" ? ["IfNoneMatch"] : []),
    ...(isFile(operation) ? ["Range"] : []),
    ...(kind === "sse" ? ["LastEventId"] : []),
  ].map((name) => ({ $ref: `#/components/parameters/${name}` }));
  const content =
    operation.isUpload === true
      ? bytesContent
      : body === undefined
        ? undefined
        : { "application/json": { schema: schemaOf(body.strict(), "input") } };
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    parameters: [...inPath, ...inQuery, ...headers],
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    ...securityOf(operation, method),
    responses: {
      [operation.status]: success(operation),
      ...(isFile(operation) ? { 206: partial, 416: problemRef(416) } : {}),
      ...(isTagged(operation) && method === "GET" ? { 304: { description: "As it was", headers: tagHeader } } : {}),
      ...problemsOf(operation),
    },
  };
}

function securityOf({ isOpen }: Operation, method: string): object {
  if (isOpen) return { security: [] };
  return method === "GET" ? {} : { security: [{ token: [] }, { session: [], csrf: [] }] };
}

/** Whether its answer is a file, of which a part can be had. */
const isFile = ({ id, kind }: Operation): boolean => kind === "bytes" && Object.hasOwn(labFileRoutes, id);
const bytesContent = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
const partial = {
  description: "A part of it",
  headers: { "Content-Range": { $ref: "#/components/headers/ContentRange" } },
  content: bytesContent,
};
const problemRef = (status: number) => ({ $ref: `#/components/responses/Problem${status}` });

const tagHeader = { ETag: { $ref: "#/components/headers/ETag" } };

/** Whether its answer has a revision. */
function isTagged({ kind, response }: Operation): boolean {
  if (kind !== "json" || response === undefined) return false;
  const { properties } = schemaOf(response, "output") as JsonObjectSchema;
  return ["revision", "version"].some((key) => isNumber(properties?.[key]));
}

function success(operation: Operation): object {
  const { response, summary, kind, status } = operation;
  if (status === 101) return { description: "Switching protocols" };
  if (response === undefined) return { description: "Done" };
  const schema = schemaOf(response, "output");
  const type = contentTypes[kind] ?? "application/json";
  return {
    description: summary,
    ...(isTagged(operation) ? { headers: tagHeader } : {}),
    content: { [type]: { schema: kind === "bytes" ? { type: "string", format: "binary" } : schema } },
  };
}

function problemsOf(operation: Operation): object {
  const { path, body, isOpen, takesIfMatch, tag, method, id } = operation;
  const isOfLab = tag === "lab";
  const changes = method !== "GET";
  const statuses = [
    400,
    401,
    ...(isOpen && !changes ? [] : [403]),
    ...(path.includes(":") || tag === "images" ? [404] : []),
    ...(isOfLab ? [405] : []),
    ...(changes || isOfLab ? [409] : []),
    ...(takesIfMatch ? [412] : []),
    ...(operation.isUpload ? [411] : []),
    ...(body === undefined && !operation.isUpload ? [] : [413]),
    ...(changes ? [415] : []),
    ...(path.startsWith("/projects/:") || tag === "images" ? [422] : []),
    ...(id.startsWith("signIn") && changes ? [404, 422, 429, 502] : []),
    ...(isOfLab ? [501] : []),
    ...(isOfLab || tag === "labs" || tag === "images" ? [502, 504] : []),
    ...[503, 507],
  ];
  return Object.fromEntries(statuses.map((status) => [status, problemRef(status)]));
}

const isNumber = (schema: object | undefined): boolean =>
  schema !== undefined && "type" in schema && schema.type === "integer";

type JsonObjectSchema = {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
};

/** What stands in an address is text: a number of it is what a schema that coerces takes. */
function coerced(schema: object, of: z.ZodType): object {
  if (Object.keys(schema).some((key) => key !== "default")) return schema;
  const out = schemaOf(of, "output");
  return { ...out, ...schema };
}

/** As JSON Schema 2020-12, which OpenAPI 3.1 has. */
export function schemaOf(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any" });
  return rest;
}
