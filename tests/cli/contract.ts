import { request } from "node:http";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import { catalogue } from "../../src/topology/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: a document is walked whose form its own tests check
type Json = any;
type Parameter = { readonly name: string; readonly in: string; readonly schema: Json; readonly required: boolean };

/** An operation of an OpenAPI document. */
export type Operation = {
  readonly id: string;
  readonly method: string;
  /** With `{params}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Json | undefined;
  /** Of a body that is sent. */
  readonly bodyType: string;
  readonly responses: Readonly<Record<string, Json>>;
  readonly isOpen: boolean;
};

export type Sent = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** In place of `body`, as it is. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Got = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Json };

/** A server as its OpenAPI document describes it: every answer is compared with that. */
/** For the whole of an answer, in milliseconds: far more than any takes. */
const answerMs = 100_000;

export class Contract {
  readonly operations: readonly Operation[];
  readonly #address: string;
  readonly #document: Json;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #validators = new Map<object, ValidateFunction>();

  private constructor(address: string, document: Json) {
    this.#address = address;
    this.#document = document;
    this.operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
      Object.entries<Json>(methods).map(([method, one]) => ({
        id: one.operationId,
        method: method.toUpperCase(),
        path,
        parameters: one.parameters.map((parameter: Json) => this.#resolved(parameter)),
        body: one.requestBody?.content["application/json"]?.schema,
        bodyType: Object.keys(one.requestBody?.content ?? {})[0] ?? "application/json",
        responses: one.responses,
        isOpen: one.security?.length === 0,
      })),
    );
  }

  static async read(address: string): Promise<Contract> {
    return new Contract(address, await (await fetch(`${address}/api/v1/openapi.json`)).json());
  }

  operation(id: string): Operation {
    const found = this.operations.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no operation ${id}`);
    return found;
  }

  /** The methods that there are at a path. */
  methods(path: string): readonly string[] {
    return Object.keys(this.#document.paths[path]).map((method) => method.toUpperCase());
  }

  address({ path }: Pick<Operation, "path">, { params = {}, query = {} }: Sent): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? "nothing"));
    const search = new URLSearchParams(query).toString();
    return `${this.#address}/api/v1${filled}${search === "" ? "" : `?${search}`}`;
  }

  /** Sends a request; the answer is as the document says, or this throws. */
  async send(operation: Operation, sent: Sent): Promise<Got> {
    const body = sent.raw ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body));
    const gone = new AbortController();
    const timer = setTimeout(
      () => gone.abort(new Error(`${operation.id} was not answered: ${JSON.stringify(sent)}`)),
      answerMs,
    );
    const response = await fetch(this.address(operation, sent), {
      method: operation.method,
      headers: { ...(body === undefined ? {} : { "content-type": operation.bodyType }), ...sent.headers },
      signal: gone.signal,
      ...(body === undefined ? {} : { body }),
    });
    const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
    const isEndless = type === "text/event-stream" || (operation.id === "inLab.counters" && response.ok);
    const text = isEndless ? await beginning(response) : await response.text();
    clearTimeout(timer);
    gone.abort();
    const got = {
      status: response.status,
      headers: response.headers,
      text,
      body: /[/+]json$/.test(type) ? parsed(text) : undefined,
    };
    this.check(operation, got, type);
    return got;
  }

  /** Asks for an upgrade. @returns the status */
  upgrade(operation: Operation, sent: Sent, protocol: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const asked = request(this.address(operation, sent), {
      method: operation.method,
      headers: {
        ...sent.headers,
        connection: "Upgrade",
        upgrade: protocol,
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
      },
    });
    asked.once("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    asked.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end();
    return promise;
  }

  check(operation: Operation, { status, headers, text, body }: Got, type: string): void {
    const where = `${operation.method} ${operation.path} ${status}: ${text.slice(0, 600)}`;
    const described = this.#resolved(operation.responses[String(status)] ?? {});
    expect(Object.keys(operation.responses), where).toContain(String(status));
    if (status >= 400) {
      expect(Object.keys(catalogue), where).toContain(body?.code);
      expect([body.status, body.type, type], where).toEqual([
        status,
        `urn:netwright:error:${body.code}`,
        "application/problem+json",
      ]);
      if (status === 503 || status === 507) expect(headers.get("retry-after"), where).toMatch(/^\d+$/);
    }
    for (const header of Object.keys(described.headers ?? {}))
      if (status < 400) expect(headers.get(header), `${where} ${header}`).toMatch(/./);
    const [wanted, content] = Object.entries<Json>(described.content ?? {})[0] ?? ["", undefined];
    if (content === undefined) return void expect(text, where).toBe("");
    expect(type, where).toBe(wanted);
    if (wanted === "application/octet-stream") return;
    const values =
      wanted === "application/x-ndjson"
        ? text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))
        : wanted === "text/event-stream"
          ? [JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "")]
          : [body];
    const validate = this.#validator(content.schema);
    for (const value of values)
      if (!validate(value)) expect.fail(`${where}\n${this.#ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
  }

  #validator(schema: Json): ValidateFunction {
    const whole = this.#resolved(schema);
    const known = this.#validators.get(whole) ?? this.#ajv.compile(whole);
    this.#validators.set(whole, known);
    return known;
  }

  #resolved(one: Json): Json {
    if (one.$ref === undefined) return one;
    return (one.$ref as string)
      .slice(2)
      .split("/")
      .reduce((at, key) => at[key], this.#document);
  }
}

/** The first event, or line. */
async function beginning(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true });
    if (/^(?:data: .*\n\n|\{.*\n)/m.test(text)) break;
  }
  return text;
}

function parsed(text: string): unknown {
  return text === "" ? undefined : JSON.parse(text);
}

/** What a body of a schema must not be, each with one thing wrong; `right` is one that is as it should be. */
export function wrongBodies(
  schema: Json,
  right: Readonly<Record<string, unknown>>,
): readonly (readonly [string, unknown])[] {
  const properties = Object.entries<Json>(schema.properties ?? {});
  const required = new Set<string>(schema.required ?? []);
  return [
    ["no object", []],
    ["a field that is unknown", { ...right, "no such field": 1 }],
    ...[...required].flatMap((name): [string, unknown][] => {
      if ("default" in (schema.properties[name] ?? {})) return [];
      const { [name]: _, ...rest } = right;
      return [[`no ${name}`, rest]];
    }),
    // What may be anything has no wrong type.
    ...properties.flatMap(([name, property]): [string, unknown][] =>
      Object.keys(property).length === 0
        ? []
        : [[`${name} of another type`, { ...right, [name]: property.type === "object" ? [[]] : { a: [null] } }]],
    ),
  ];
}
