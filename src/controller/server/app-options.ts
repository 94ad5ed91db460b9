import type { ControllerRouteName } from "../../api/index.ts";
import type { Agent } from "../agent/agent.ts";
import type { Database } from "../data/database.ts";
import type { Callers } from "../identity/callers.ts";
import type { OidcSignIn } from "../identity/oidc.ts";
import type { LabRow } from "../lab-keeper.ts";
import type { Measuring } from "../metrics/route.ts";
import type { Quotas } from "../policy/quotas.ts";
import type { AuditLog } from "./audit-log.ts";
import type { GateKeeper } from "./gate-keeper.ts";
import type { Hiding } from "./hiding.ts";
import type { Handlers } from "./input.ts";
import type { OpenConnections } from "./open-connections.ts";

export const apiPrefix = "/api/v1";

/** What the server's HTTP side is made of. */
export type AppOptions = {
  readonly handlers: Handlers<ControllerRouteName>;
  readonly gateKeeper: GateKeeper;
  readonly audit: AuditLog;
  readonly database: Database;
  readonly agent: Agent;
  readonly quotas: Quotas;
  /** Links of a lab that runs have come or gone. */
  readonly noteLinks: (lab: LabRow) => Promise<void>;
  readonly connections: OpenConnections;
  /** Of a team's server. */
  readonly hiding: Hiding | undefined;
  readonly measuring: Measuring | undefined;
  readonly clock: () => number;
  readonly version: string;
  /** By HTTPS, here or at a proxy in front: cookies are for HTTPS alone. */
  readonly isSecure: boolean;
  /** Of the cookie with a session's secret. */
  readonly cookie: string;
  /** By which names it may be called, whatever the port; undefined: by any. */
  readonly hosts: readonly string[] | undefined;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly string[];
  /** The folder of the GUI's built files; absent: only the API. */
  readonly pages: string | undefined;
  /** The API is shown at /api/docs. */
  readonly isDocumented: boolean;
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  readonly oidc: { readonly signIn: OidcSignIn; readonly callers: Callers } | undefined;
  /** What nobody who asks is told. */
  readonly onFault: (error: unknown, request: string) => void;
};
