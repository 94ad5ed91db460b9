import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import type { Callers, UserRow } from "../identity/callers.ts";
import { hashOf, newSecret } from "../identity/secrets.ts";
import { sessionOf } from "../resources/users.ts";
import type { Handlers } from "../server/input.ts";

/** How long a link signs in, in milliseconds. */
export const linkMs = 10 * 60_000;
/** So many that nobody has used are kept, the newest. */
const mostLinks = 100;

/** Secrets that sign in, each of them once, and not for long. Only this process knows them, and only their hashes. */
export class SignInLinks {
  readonly #until = new Map<string, number>();
  readonly #clock: () => number;
  /** What makes one, as it is typed. */
  readonly again: string;

  constructor(again = "netwright ui", clock: () => number = Date.now) {
    this.again = again;
    this.#clock = clock;
  }

  issue(): string {
    const secret = newSecret();
    this.#until.set(hashOf(secret), this.#clock() + linkMs);
    for (const hash of this.#until.keys()) {
      if (this.#until.size <= mostLinks) break;
      this.#until.delete(hash);
    }
    return secret;
  }

  /** @returns whether it signs in; it never does again */
  redeem(secret: string): boolean {
    const hash = hashOf(secret);
    const until = this.#until.get(hash);
    this.#until.delete(hash);
    return until !== undefined && this.#clock() < until;
  }
}

/** Of a server without links, no link signs in. */
export function linkHandlers(
  database: Database,
  callers: Callers,
  own: { readonly links: SignInLinks; readonly user: UserRow } | undefined,
  others: { readonly oidc: boolean; readonly keystoneDomain: string | undefined },
): Handlers<"signInByLink" | "signInWays"> {
  return {
    signInWays: () => Promise.resolve(own === undefined ? waysOf(others) : { ways: ["link"] }),
    signInByLink: async ({ body: { secret }, address, agent, setSession }) => {
      if (own === undefined || !own.links.redeem(secret))
        throw labError("SIGN_IN_LINK_SPENT", { again: own?.links.again ?? "netwright ui" });
      const opened = await callers.open(own.user, { address, agent });
      setSession(opened.secret, own.user);
      return sessionOf(database, opened.caller);
    },
  };
}

const waysOf = ({ oidc, keystoneDomain }: { readonly oidc: boolean; readonly keystoneDomain: string | undefined }) => ({
  ways: [
    "password" as const,
    ...(oidc ? (["oidc"] as const) : []),
    ...(keystoneDomain === undefined ? [] : (["keystone"] as const)),
  ],
  ...(keystoneDomain === undefined ? {} : { keystoneDomain }),
});
