/** The headers that go with every request of somebody. */
export type Credentials = Readonly<Record<string, string>>;

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what it is depends on the route, and tests say what they expect
  readonly body: any;
};

/** Asks a server for something. @param address without a path; `path` is below the API's */
export async function ask(
  address: string,
  method: string,
  path: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Credentials } = {},
): Promise<Answer> {
  const response = await fetch(`${address}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** The session that an answer has begun. */
export const sessionOf = ({ headers, body }: Pick<Answer, "headers" | "body">): Credentials => ({
  cookie: headers.getSetCookie()[0]?.split(";")[0] ?? "",
  "x-csrf-token": body.csrfToken as string,
});

/** @throws what the server says when it refuses */
export async function signIn(address: string, name: string, password: string): Promise<Credentials> {
  const answer = await ask(address, "POST", "/session", { body: { name, password } });
  if (answer.status !== 201) throw new Error(`${name} could not sign in: ${JSON.stringify(answer.body)}`);
  return sessionOf(answer);
}

/** Somebody who is signed in. */
export class Caller {
  readonly #address: string;
  readonly headers: Credentials;

  private constructor(address: string, headers: Credentials) {
    this.#address = address;
    this.headers = headers;
  }

  static async signIn(address: string, name = "root", password = "root's password"): Promise<Caller> {
    return new Caller(address, await signIn(address, name, password));
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return ask(this.#address, method, path, { headers: this.headers, body });
  }

  /** What a call that must succeed is answered. */
  async ok(method: string, path: string, body?: unknown): Promise<Answer["body"]> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The secret of a new token. */
  async token(name: string, scope: "read" | "operate" | "admin"): Promise<string> {
    return (await this.ok("POST", "/tokens", { name, scope })).secret as string;
  }
}
