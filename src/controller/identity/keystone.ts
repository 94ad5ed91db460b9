import * as z from "zod";
import type { Role } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { Accounts } from "./accounts.ts";
import type { Callers, UserRow } from "./callers.ts";

/** Who has a role in a project of Keystone's; `role` absent: any. */
export type KeystoneGroup = { readonly project: string; readonly role?: string; readonly domain: string };

export type KeystoneSettings = {
  /** With `/v3`, without a slash at the end. */
  readonly url: string;
  /** Of who signs in and names none. */
  readonly domain: string;
  /** Empty: Keystone does not say who is a server administrator. */
  readonly admins: readonly KeystoneGroup[];
  readonly roles: readonly { readonly of: KeystoneGroup; readonly project: string; readonly role: Role }[];
};

/** What somebody shows Keystone: a password, or a token that they have from it. */
export type KeystoneProof =
  | { readonly name: string; readonly password: string; readonly domain?: string | undefined }
  | { readonly token: string };

const answerMs = 10_000;
/** A catalogue of services can be long. */
const answerBytes = 4 * 1024 * 1024;

const named = z.object({ name: z.string() });
const tokenAnswer = z.object({
  token: z.object({
    user: z.object({ id: z.string().min(1), name: z.string().min(1) }),
    project: z.object({ id: z.string(), name: z.string(), domain: named }).optional(),
    roles: z.array(named).default([]),
  }),
});
const projectsAnswer = z.object({
  projects: z.array(z.object({ id: z.string(), name: z.string(), domain_id: z.string().nullable() })),
});
type Token = { readonly secret: string; readonly holder: z.output<typeof tokenAnswer>["token"] };

/** Signs users in by OpenStack Keystone (Identity API v3). Passwords and tokens go there, and are kept nowhere. */
export class KeystoneSignIn {
  readonly #settings: KeystoneSettings;
  readonly #accounts: Accounts;
  readonly #callers: Callers;

  constructor(settings: KeystoneSettings, database: Database, callers: Callers, clock: () => number) {
    this.#settings = settings;
    this.#accounts = new Accounts(database, clock);
    this.#callers = callers;
  }

  get domain(): string {
    return this.#settings.domain;
  }

  /**
   * @param address where the request comes from
   * @returns the user here, made where there was none
   * @throws SIGN_IN_LOCKED, SIGN_IN_REFUSED, KEYSTONE_FAILED
   */
  async signIn(proof: KeystoneProof, address: string): Promise<UserRow> {
    const who = "token" in proof ? undefined : `keystone ${proof.domain ?? this.domain} ${proof.name}`;
    return this.#callers.guarded(who, address, () => this.#signIn(proof));
  }

  async #signIn(proof: KeystoneProof): Promise<UserRow | undefined> {
    const first = await ("token" in proof ? this.#look(proof.token) : this.#byPassword(proof));
    if (first === undefined) return undefined;
    const made = "token" in proof ? [] : [first];
    try {
      const held = await this.#groupsOf(first, made);
      const has = (group: KeystoneGroup): boolean =>
        held.some(
          (one) =>
            one.project === group.project &&
            one.domain === group.domain &&
            (group.role === undefined || one.role === group.role),
        );
      const { url, admins, roles } = this.#settings;
      return await this.#accounts.of({
        provider: url,
        subject: first.holder.user.id,
        named: first.holder.user.name,
        ...(admins.length === 0 ? {} : { isAdmin: admins.some(has) }),
        roles: roles.filter(({ of }) => has(of)),
      });
    } finally {
      // Nobody needs them any more; when that fails, they end by themselves.
      for (const { secret } of made.reverse())
        await this.#ask("DELETE", "/auth/tokens", { "x-auth-token": secret, "x-subject-token": secret }).catch(
          () => undefined,
        );
    }
  }

  /** @returns undefined when Keystone refuses */
  async #byPassword({ name, password, domain }: Extract<KeystoneProof, { name: string }>): Promise<Token | undefined> {
    const user = { name, password, domain: { name: domain ?? this.domain } };
    return this.#token({ auth: { identity: { methods: ["password"], password: { user } } } });
  }

  async #token(body: object): Promise<Token | undefined> {
    const answer = await this.#ask("POST", "/auth/tokens", {}, body);
    if (answer.status === 401 || answer.status === 403) return undefined;
    const secret = answer.headers.get("x-subject-token");
    if (answer.status !== 201 || secret === null) throw this.#unexpected(answer.status);
    return { secret, holder: this.#read(tokenAnswer, answer.body).token };
  }

  /** Whose a token is. @returns undefined when it is nobody's */
  async #look(secret: string): Promise<Token | undefined> {
    const answer = await this.#ask("GET", "/auth/tokens", { "x-auth-token": secret, "x-subject-token": secret });
    if ([401, 403, 404].includes(answer.status)) return undefined;
    if (answer.status !== 200) throw this.#unexpected(answer.status);
    return { secret, holder: this.#read(tokenAnswer, answer.body).token };
  }

  /** The roles of a user in the projects that the settings name. @param made tokens that were made for it are added */
  async #groupsOf(token: Token, made: Token[]): Promise<readonly Required<KeystoneGroup>[]> {
    const { admins, roles } = this.#settings;
    const asked = new Set([...admins, ...roles.map(({ of }) => of)].map(({ project }) => project));
    const answer = await this.#ask("GET", "/auth/projects", { "x-auth-token": token.secret });
    if (answer.status !== 200) throw this.#unexpected(answer.status);
    const held: Required<KeystoneGroup>[] = [];
    for (const { id, name } of this.#read(projectsAnswer, answer.body).projects) {
      if (!asked.has(name)) continue;
      const isOwn = token.holder.project?.id === id;
      const scoped = isOwn ? token : await this.#scoped(token, id);
      if (scoped === undefined) continue;
      if (!isOwn) made.push(scoped);
      const domain = scoped.holder.project?.domain.name ?? "";
      for (const role of scoped.holder.roles) held.push({ project: name, domain, role: role.name });
    }
    return held;
  }

  /** Some tokens, of application credentials for one, are good for their own project only. */
  async #scoped({ secret }: Token, project: string): Promise<Token | undefined> {
    const identity = { methods: ["token"], token: { id: secret } };
    return this.#token({ auth: { identity, scope: { project: { id: project } } } });
  }

  #unexpected(status: number): Error {
    return labError("KEYSTONE_FAILED", { url: this.#settings.url, detail: `it answers with status ${status}` });
  }

  #read<Form extends z.ZodType>(form: Form, text: string): z.output<Form> {
    try {
      return form.parse(JSON.parse(text));
    } catch (error) {
      throw labError(
        "KEYSTONE_FAILED",
        { url: this.#settings.url, detail: "its answer is none of Keystone's" },
        { cause: error },
      );
    }
  }

  /** No error says what was sent: that is a secret. */
  async #ask(method: string, path: string, headers: Readonly<Record<string, string>>, body?: object) {
    const { url } = this.#settings;
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...headers,
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // Whoever it points to is not whom the settings trust with passwords.
        redirect: "error",
        signal: AbortSignal.timeout(answerMs),
      });
      return { status: response.status, headers: response.headers, body: await textOf(response) };
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      const reason = (cause instanceof Error ? cause.message : undefined) ?? (error as Error).message;
      throw labError("KEYSTONE_FAILED", { url, detail: `it does not answer: ${reason}` });
    }
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytes) throw new Error("its answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
