import type { ControllerRoutes, Problem, Routes } from "../../../src/api/index.ts";

/*
 * Calls to the server. Types come from the contract by method and path, so that its schemas, and the
 * library they are written in, need not be loaded by a browser.
 */

type Contract = ControllerRoutes[keyof ControllerRoutes];
type Method = Contract["method"];
type PathOf<M extends Method> = Extract<Contract, { method: M }>["path"];
type RouteAt<M extends Method, P extends string> = Extract<Contract, { method: M; path: P }>;
type InputOf<Schema> = Schema extends { _zod: { input: infer Input } } ? Input : never;
type OutputOf<Schema> = Schema extends { _zod: { output: infer Output } } ? Output : never;
type BodyOf<Route> = Route extends { body: infer Body } ? InputOf<Body> : undefined;
type AnswerOf<Route> = Route extends { response: infer Answer } ? OutputOf<Answer> : undefined;

/** What is wrong, as the server says it (RFC 9457), or why there is no answer. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
}

export const offline = (cause?: unknown): CallError =>
  new CallError(
    {
      type: "about:blank",
      title: "OFFLINE",
      status: 0,
      code: "OFFLINE",
      detail: "The server does not answer.",
      remedy: "Check the network. These pages go on by themselves when it is back.",
    },
    { cause },
  );

export const apiPrefix = "/api/v1";

/** The token that shows that a change was asked for by these pages. Set by whoever signs in. */
const proof: { token: string | undefined } = { token: undefined };

export function setProof(token: string | undefined): void {
  proof.token = token;
}

export type CallOptions<Body> = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: Body;
  /** The revision that must be the newest still. */
  readonly ifMatch?: number;
  readonly signal?: AbortSignal;
};

/** Calls a route of the controller. @throws CallError */
export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  options: CallOptions<BodyOf<RouteAt<M, P>>> = {},
): Promise<AnswerOf<RouteAt<M, P>>> {
  return (await request(method, path, options)) as AnswerOf<RouteAt<M, P>>;
}

type LabContract = Routes[keyof Routes];
type LabRouteAt<M extends string, P extends string> = Extract<LabContract, { method: M; path: `/v1${P}` }>;
type Below<Path> = Path extends `/v1${infer Rest}` ? Rest : never;
type LabPath = Below<LabContract["path"]>;

export type LabAddress = { readonly project: string; readonly lab: string };

/** Where the API of a lab is, below the server. */
export const labPath = ({ project, lab }: LabAddress, rest: string): string =>
  `/projects/${encodeURIComponent(project)}/labs/${encodeURIComponent(lab)}${rest}`;

/** Calls a route of the API of a lab that runs. @throws CallError */
export async function callLab<M extends LabContract["method"], P extends LabPath>(
  address: LabAddress,
  method: M,
  path: P,
  options: CallOptions<BodyOf<LabRouteAt<M, P>>> = {},
): Promise<AnswerOf<LabRouteAt<M, P>>> {
  return (await request(method, labPath(address, path), options)) as AnswerOf<LabRouteAt<M, P>>;
}

/** A request with what all of them have. The answer is one of success. @throws CallError */
export async function send(method: string, path: string, options: CallOptions<unknown> = {}): Promise<Response> {
  const { params = {}, query = {}, body, ifMatch, signal } = options;
  const response = await fetch(`${apiPrefix}${placeOf(path, params, query)}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(proof.token === undefined || method === "GET" ? {} : { "x-csrf-token": proof.token }),
      ...(ifMatch === undefined ? {} : { "if-match": `"${ifMatch}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error as Error;
    throw offline(error);
  });
  if (!response.ok) throw new CallError(await problemIn(response));
  return response;
}

/** A path with what it is about in it, and what is asked for behind it. */
export function placeOf(
  path: string,
  params: Readonly<Record<string, string>>,
  query: CallOptions<unknown>["query"] = {},
): string {
  const place = path.replace(/:([a-z]\w*)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const pairs = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return pairs.length === 0 ? place : `${place}?${new URLSearchParams(pairs)}`;
}

/** The token without which a change is refused. */
export const proofHeaders = (): Readonly<Record<string, string>> =>
  proof.token === undefined ? {} : { "x-csrf-token": proof.token };

async function request(method: string, path: string, options: CallOptions<unknown>): Promise<unknown> {
  const response = await send(method, path, options);
  const text = await response.text();
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

async function problemIn(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.detail === "string" && typeof problem.code === "string") return problem;
  } catch {
    // Not of our server: told below.
  }
  return {
    type: "about:blank",
    title: "BAD_ANSWER",
    status: response.status,
    code: "BAD_ANSWER",
    detail: `The server answered with status ${response.status} and nothing that can be read.`,
  };
}
