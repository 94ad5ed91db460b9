import * as oidc from "openid-client";
import type { Role } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import type { UserRow } from "./callers.ts";
import { hasRightsOf } from "./roles.ts";
import { newId } from "./secrets.ts";

export type OidcSettings = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly publicUrl: string;
  readonly nameClaim: string;
  readonly groupsClaim: string;
  readonly scopes: string;
  readonly admins: readonly string[];
  readonly roles: readonly { readonly group: string; readonly project: string; readonly role: Role }[];
};

/** Of a sign-in that has begun: what must be the same when it comes back. */
type Begun = { readonly verifier: string; readonly nonce: string; readonly until: number };

/** How long somebody may take at the provider, in milliseconds, and how many may be there at once. */
const begunMs = 10 * 60_000;
const mostBegun = 1_000;

export const oidcPaths = { begin: "/auth/oidc", back: "/auth/oidc/back" } as const;

/** Signs users in by a provider of identities: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636). */
export class OidcSignIn {
  readonly #settings: OidcSettings;
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #begun = new Map<string, Begun>();
  #provider: Promise<oidc.Configuration> | undefined;

  constructor(settings: OidcSettings, database: Database, clock: () => number) {
    this.#settings = settings;
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Begins a sign-in.
   *
   * @returns where to send the browser, and the state that it keeps meanwhile
   * @throws IDENTITY_PROVIDER_FAILED
   */
  async begin(): Promise<{ readonly url: string; readonly state: string }> {
    const provider = await this.#ask(() => this.#discovered());
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const now = this.#clock();
    for (const [key, { until }] of this.#begun) {
      if (until > now && this.#begun.size < mostBegun) break;
      this.#begun.delete(key);
    }
    this.#begun.set(state, { verifier, nonce, until: now + begunMs });
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: this.#redirectUri,
      scope: this.#settings.scopes,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    return { url: url.href, state };
  }

  /**
   * Ends a sign-in: makes the user, where there was none, and gives the roles of the user's groups.
   *
   * @param query with which the browser came back
   * @param state that it has kept; undefined when it has none: then it did not begin here
   * @throws IDENTITY_PROVIDER_FAILED, SIGN_IN_REFUSED
   */
  async end(query: string, state: string | undefined): Promise<UserRow> {
    const begun = state === undefined ? undefined : this.#begun.get(state);
    if (state === undefined || begun === undefined || begun.until < this.#clock())
      throw labError("IDENTITY_PROVIDER_FAILED", { detail: "the sign-in did not begin here, or long ago" });
    this.#begun.delete(state);
    const claims = await this.#ask(async () => {
      const tokens = await oidc.authorizationCodeGrant(
        await this.#discovered(),
        new URL(`${this.#redirectUri}${query}`),
        { pkceCodeVerifier: begun.verifier, expectedState: state, expectedNonce: begun.nonce },
      );
      return tokens.claims();
    });
    if (claims === undefined) throw labError("IDENTITY_PROVIDER_FAILED", { detail: "it did not say who signed in" });
    const { nameClaim, groupsClaim, admins } = this.#settings;
    const named = claims[nameClaim];
    const given = claims[groupsClaim];
    const groups = Array.isArray(given) ? given.filter((one) => typeof one === "string") : [];
    const user = await this.#userOf(claims.sub, typeof named === "string" ? named : claims.sub);
    if (user.is_disabled === 1) throw labError("SIGN_IN_REFUSED", {});
    const isAdmin = Number(admins.some((group) => groups.includes(group)));
    if (admins.length > 0 && user.is_admin !== isAdmin)
      await this.#database.updateTable("users").set({ is_admin: isAdmin }).where("id", "=", user.id).execute();
    await this.#giveRoles(user, groups);
    return { ...user, ...(admins.length > 0 ? { is_admin: isAdmin } : {}) };
  }

  get #redirectUri(): string {
    return new URL(oidcPaths.back, this.#settings.publicUrl).href;
  }

  #discovered(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    // Without HTTPS only where it cannot leave this machine.
    const isLocal = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)[:/]/.test(`${issuer}/`);
    this.#provider ??= oidc
      .discovery(
        new URL(issuer),
        clientId,
        undefined,
        clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret),
        isLocal ? { execute: [oidc.allowInsecureRequests] } : {},
      )
      .catch((error: unknown) => {
        // Asked again next time.
        this.#provider = undefined;
        throw error;
      });
    return this.#provider;
  }

  async #ask<Value>(attempt: () => Promise<Value>): Promise<Value> {
    try {
      return await attempt();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw labError("IDENTITY_PROVIDER_FAILED", { detail }, { cause: error });
    }
  }

  /** A user of another name here is never taken over: who comes first by a name has it. */
  async #userOf(subject: string, named: string): Promise<UserRow> {
    const { issuer } = this.#settings;
    return this.#database.transaction().execute(async (transaction) => {
      const known = await transaction
        .selectFrom("identities")
        .innerJoin("users", "users.id", "identities.user_id")
        .selectAll("users")
        .where("identities.provider", "=", issuer)
        .where("identities.subject", "=", subject)
        .executeTakeFirst();
      if (known !== undefined) return known;
      const id = newId();
      const wanted =
        named
          .toLowerCase()
          .replace(/@.*$/, "")
          .replace(/[^a-z0-9]+/g, "-")
          .slice(0, 34)
          .replace(/^-+|-+$/g, "") || "user";
      const taken = await transaction.selectFrom("users").select("id").where("name", "=", wanted).executeTakeFirst();
      const user: UserRow = {
        id,
        name: taken === undefined ? wanted : `${wanted}-${id.slice(0, 5)}`,
        display_name: named.slice(0, 100),
        password: null,
        is_admin: 0,
        is_disabled: 0,
        revision: 1,
        created_at: this.#clock(),
      };
      await transaction.insertInto("users").values(user).execute();
      await transaction.insertInto("identities").values({ provider: issuer, subject, user_id: id }).execute();
      return user;
    });
  }

  /** Roles that were given here stay; those of groups come and go with them. */
  async #giveRoles(user: UserRow, groups: readonly string[]): Promise<void> {
    const wanted = new Map<string, Role>();
    for (const { group, project, role } of this.#settings.roles) {
      const known = wanted.get(project);
      if (groups.includes(group) && (known === undefined || !hasRightsOf(known, role))) wanted.set(project, role);
    }
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom("members").where("user_id", "=", user.id).where("source", "=", "groups").execute();
      if (wanted.size === 0) return;
      const projects = await transaction
        .selectFrom("projects")
        .select(["id", "name"])
        .where("name", "in", [...wanted.keys()])
        .execute();
      for (const { id, name } of projects) {
        await transaction
          .insertInto("members")
          .values({ project_id: id, user_id: user.id, role: wanted.get(name) ?? "viewer", source: "groups" })
          .onConflict((conflict) => conflict.columns(["project_id", "user_id"]).doNothing())
          .execute();
      }
    });
  }
}
