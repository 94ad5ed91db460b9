import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { labError } from "../topology/index.ts";
import type { Agent } from "./agent/agent.ts";
import { Bulletin } from "./bulletin.ts";
import { type Database, openDatabase } from "./data/database.ts";
import { Outage } from "./data/outage.ts";
import { Callers } from "./identity/callers.ts";
import { type KeystoneSettings, KeystoneSignIn } from "./identity/keystone.ts";
import { type OidcSettings, OidcSignIn } from "./identity/oidc.ts";
import { newId } from "./identity/secrets.ts";
import { LabChanges } from "./lab-changes.ts";
import { LabKeeper } from "./lab-keeper.ts";
import type { Trust } from "./lab-text.ts";
import type { MetricsSettings } from "./metrics/config.ts";
import { Metrics } from "./metrics/metrics.ts";
import { OtlpSender, otlpBody } from "./metrics/otlp.ts";
import { linkHandlers, type SignInLinks } from "./own/links.ts";
import { ensureOwner } from "./own/owner.ts";
import { requireOwnPeer } from "./own/peer.ts";
import { Quotas } from "./policy/quotas.ts";
import { noRules, type ServerRules } from "./policy/rules.ts";
import { Presence } from "./presence.ts";
import { hostHandlers } from "./resources/hosts.ts";
import { labHandlers } from "./resources/labs.ts";
import { projectHandlers } from "./resources/projects.ts";
import { serverHandlers } from "./resources/server.ts";
import { topologyHandlers } from "./resources/topologies.ts";
import { addUser, userHandlers } from "./resources/users.ts";
import { makeApp } from "./server/app.ts";
import { AuditLog } from "./server/audit-log.ts";
import { cookieName, GateKeeper } from "./server/gate-keeper.ts";
import { Hiding } from "./server/hiding.ts";
import { forgetUnanswered } from "./server/idempotency.ts";
import { OpenConnections } from "./server/open-connections.ts";

export type ControllerOptions = {
  /** As for `openDatabase`. */
  readonly database: string;
  readonly agent: Agent;
  readonly trust: Trust;
  /** Where `trust` is `team`; no more than images of well-known registries when absent. */
  readonly rules?: ServerRules;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?: { readonly key: string; readonly cert: string };
  /** HTTPS ends at a proxy in front of this server. */
  readonly behindProxy: boolean;
  readonly proxies: readonly string[];
  readonly oidc?: OidcSettings;
  readonly keystone?: KeystoneSettings;
  /** Nothing is counted when absent. */
  readonly metrics?: MetricsSettings;
  readonly version: string;
  /** The folder of the GUI's built files; absent: only the API. */
  readonly pages?: string;
  /** The API is shown at /api/docs; true when absent. */
  readonly isDocumented?: boolean;
  /** Labs of one person, who signs in by links, with the command line's among them. */
  readonly own?: {
    /** The person's; it becomes a name of the server's. */
    readonly user: string;
    readonly links: SignInLinks;
    readonly cookie: string;
  };
  /** By which names it may be called, whatever the port; any when absent. */
  readonly hosts?: readonly string[];
  readonly onFault: (error: unknown, request: string) => void;
  /** Is told in words, once, what goes on for a while, and that it is over: a database that is gone. */
  readonly onNotice?: (text: string) => void;
  /** Milliseconds since 1970; the system's when absent. */
  readonly clock?: () => number;
};

/** @throws LISTENING_REFUSED */
async function listen(app: FastifyInstance, { listen: { host, port }, own }: ControllerOptions): Promise<void> {
  if (own !== undefined) app.server.on("connection", (socket) => requireOwnPeer(socket));
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const detail =
      code === "EADDRINUSE" ? "something else does" : code === "EACCES" ? "ports below 1024 are for root" : message;
    throw labError("LISTENING_REFUSED", { address: `${host}:${port}`, detail }, { cause: error });
  }
}

/** The server for teams: users, projects, topologies and labs, by HTTP. */
export class Controller implements AsyncDisposable {
  readonly #database: Database;
  readonly #outage: Outage;
  readonly #keeper: LabKeeper;
  readonly #app: FastifyInstance;
  readonly #clock: () => number;
  readonly #sender: Disposable | undefined;

  private constructor(
    database: Database,
    outage: Outage,
    keeper: LabKeeper,
    app: FastifyInstance,
    clock: () => number,
    sender: Disposable | undefined,
  ) {
    this.#sender = sender;
    this.#database = database;
    this.#outage = outage;
    this.#keeper = keeper;
    this.#app = app;
    this.#clock = clock;
  }

  /** @throws DATABASE_UNUSABLE, and what listening throws */
  static async start(options: ControllerOptions): Promise<Controller> {
    const { agent, trust, rules = noRules, clock = Date.now, version } = options;
    const database = await openDatabase(options.database);
    const outage = new Outage(database, (text) => options.onNotice?.(text));
    const onFault: ControllerOptions["onFault"] = (error, doing) => {
      if (!outage.covers(error)) options.onFault(error, doing);
    };
    try {
      await forgetUnanswered(database);
      const bulletin = new Bulletin(database, clock);
      const callers = new Callers(database, clock);
      const { own } = options;
      const owner = own === undefined ? undefined : await ensureOwner(database, clock(), own.user);
      const found = owner && { project: owner.project.id, owner: owner.user.name };
      const metrics = options.metrics === undefined ? undefined : new Metrics(clock);
      const keeper = new LabKeeper({
        database,
        agent,
        bulletin,
        trust,
        rules,
        clock,
        onFault,
        ...(metrics && { onDeployed: (seconds: number, ok: boolean) => metrics.deployed(seconds, ok) }),
        ...(found && { found }),
      });
      const quotas = new Quotas(database, (lab) => keeper.captures(lab));
      const changes = new LabChanges({ database, agent, keeper, trust, rules, quotas });
      const connections = new OpenConnections();
      const keystone =
        options.keystone === undefined ? undefined : new KeystoneSignIn(options.keystone, database, callers, clock);
      const measuring = metrics && {
        metrics,
        ...(options.metrics?.token === undefined ? {} : { token: options.metrics.token }),
        collect: () => metrics.collect(database, (lab) => keeper.stateOf(lab)),
      };
      const isSecure = options.tls !== undefined || options.behindProxy;
      const cookie = own?.cookie ?? cookieName(isSecure);
      const gateKeeper = new GateKeeper(database, callers, cookie);
      const app = await makeApp({
        handlers: {
          ...userHandlers({ database, callers, connections, keystone, clock }),
          ...linkHandlers(database, callers, own && owner && { links: own.links, user: owner.user }, {
            oidc: options.oidc !== undefined,
            keystoneDomain: keystone?.domain,
          }),
          ...projectHandlers(database, quotas, connections, clock),
          ...topologyHandlers(database, bulletin, clock),
          ...labHandlers({ database, agent, bulletin, keeper, changes, trust, rules, quotas, clock }),
          ...serverHandlers(database, bulletin, new Presence(), version),
          ...hostHandlers({ database, agent, keeper }),
        },
        gateKeeper,
        audit: new AuditLog(database, gateKeeper, clock),
        database,
        agent,
        quotas,
        noteLinks: (lab) => keeper.noteLinks(lab),
        connections,
        hiding: trust === "team" ? new Hiding(agent, rules.vmImages) : undefined,
        measuring,
        clock,
        version,
        isSecure,
        cookie,
        hosts: options.hosts,
        proxies: options.proxies,
        pages: options.pages,
        isDocumented: options.isDocumented ?? true,
        tls: options.tls,
        oidc:
          options.oidc === undefined ? undefined : { signIn: new OidcSignIn(options.oidc, database, clock), callers },
        onFault,
      });
      await listen(app, options);
      await keeper.open();
      void changes.resume().catch((error: unknown) => onFault(error, "finish changes of labs"));
      const otlp = options.metrics?.otlp;
      const sender =
        measuring &&
        otlp &&
        new OtlpSender(
          otlp,
          async () => otlpBody(await measuring.collect(), metrics),
          (error) => onFault(error, "send metrics"),
        );
      return new Controller(database, outage, keeper, app, clock, sender);
    } catch (error) {
      outage[Symbol.dispose]();
      await database.destroy();
      throw error;
    }
  }

  get port(): number {
    return (this.#app.server.address() as AddressInfo).port;
  }

  /** Makes a server administrator, where there is no user yet. @returns whether there was none */
  async ensureAdministrator(name: string, password: string): Promise<boolean> {
    const known = await this.#database.selectFrom("users").select("id").limit(1).executeTakeFirst();
    if (known !== undefined) return false;
    await addUser(this.#database, this.#clock(), newId(), { name, displayName: "", password, isAdmin: true });
    return true;
  }

  /** Labs go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#sender?.[Symbol.dispose]();
    this.#outage[Symbol.dispose]();
    const kept = this.#keeper.close();
    this.#app.server.closeAllConnections();
    await this.#app.close();
    await kept;
    await this.#database.destroy();
  }
}
