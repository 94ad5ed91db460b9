import * as oidc from "openid-client";
import type { Role } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { Accounts } from "./accounts.ts";
import type { UserRow } from "./callers.ts";

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
  readonly #accounts: Accounts;
  readonly #clock: () => number;
  readonly #begun = new Map<string, Begun>();
  #provider: Promise<oidc.Configuration> | undefined;

  constructor(settings: OidcSettings, database: Database, clock: () => number) {
    this.#settings = settings;
    this.#accounts = new Accounts(database, clock);
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
   * @param told is told what the provider calls them, also where they are not let in here
   * @throws IDENTITY_PROVIDER_FAILED, SIGN_IN_REFUSED
   */
  async end(query: string, state: string | undefined, told: (named: string) => void): Promise<UserRow> {
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
    const claimed = claims[nameClaim];
    const named = typeof claimed === "string" ? claimed : claims.sub;
    told(named);
    const given = claims[groupsClaim];
    const groups = Array.isArray(given) ? given.filter((one) => typeof one === "string") : [];
    return this.#accounts.of({
      provider: this.#settings.issuer,
      subject: claims.sub,
      named,
      ...(admins.length === 0 ? {} : { isAdmin: admins.some((group) => groups.includes(group)) }),
      roles: this.#settings.roles.filter(({ group }) => groups.includes(group)),
    });
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
}
