import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { type OidcSettings, oidcPaths } from "../../src/controller/identity/oidc.ts";

/** A provider of OpenID Connect of a test's own, on loopback: any password is right. */
export class TestProvider implements AsyncDisposable {
  /** Who is known, by who they are there, with their groups. */
  readonly people: Record<string, { preferred_username: string; groups: string[] }>;
  readonly #server: Server;

  private constructor(server: Server, people: TestProvider["people"]) {
    this.people = people;
    this.#server = server;
  }

  static async start(people: TestProvider["people"]): Promise<TestProvider> {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    return new TestProvider(server, people);
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Settings of a server that signs in by it. @param publicUrl of that server, which is let in from then on */
  settings(publicUrl: string): OidcSettings {
    const client = { id: "netwright", secret: "a secret of the client" };
    const op = new Provider(this.issuer, {
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          redirect_uris: [`${publicUrl}${oidcPaths.back}`],
          response_types: ["code"],
          grant_types: ["authorization_code"],
        },
      ],
      pkce: { required: () => true },
      claims: { profile: ["preferred_username", "groups"] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: true } },
      findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...this.people[id] }) }),
    });
    const callback = op.callback();
    this.#server.on("request", (request, response) => void callback(request, response));
    return {
      issuer: this.issuer,
      clientId: client.id,
      clientSecret: client.secret,
      publicUrl,
      nameClaim: "preferred_username",
      groupsClaim: "groups",
      scopes: "openid profile",
      admins: ["chiefs"],
      roles: [
        { group: "engineers", project: "demo", role: "operator" },
        { group: "visitors", project: "demo", role: "viewer" },
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
