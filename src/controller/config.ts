import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import * as z from "zod";
import { Name, Role } from "../api/index.ts";
import { readNamed, reasonOf } from "../client/named-file.ts";
import { mistakesIn } from "../topology/errors/issues.ts";
import { labError } from "../topology/index.ts";
import type { KeystoneSettings } from "./identity/keystone.ts";
import type { OidcSettings } from "./identity/oidc.ts";
import { type MetricsSettings, metricsOf, metricsSettings } from "./metrics/config.ts";
import { ruleSettings, rulesOf } from "./policy/config.ts";
import { isSeenByNodes } from "./policy/exposed.ts";
import type { ServerRules } from "./policy/rules.ts";

const listen = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:]+\]|[^:]+):\d{1,5}$/, "an address and a port, such as 127.0.0.1:8080 or [::]:443");

/** Who has a role in a project of Keystone's; any, when none is named. */
const keystoneGroup = z.strictObject({
  project: z.string(),
  role: z.string().optional(),
  domain: z.string().optional(),
});

const oidc = z.strictObject({
  /** Of the provider, which is asked for the rest (OpenID Connect Discovery 1.0). */
  issuer: z.url(),
  "client-id": z.string(),
  "client-secret-file": z.string().optional(),
  /** Address of this server, as browsers have it. */
  "public-url": z.url(),
  /** Claims that the user's name and groups are in. */
  "name-claim": z.string().default("preferred_username"),
  "groups-claim": z.string().default("groups"),
  scopes: z.string().default("openid profile"),
  /** Who is in one of these groups is a server administrator. */
  admins: z.array(z.string()).default([]),
  /** Which role the members of a group have in a project. */
  roles: z.array(z.strictObject({ group: z.string(), project: Name, role: Role })).default([]),
});

const keystone = z.strictObject({
  /** Of the Identity API, with or without /v3. */
  url: z.url(),
  domain: z.string().min(1).default("Default"),
  admins: z.array(keystoneGroup).default([]),
  roles: z
    .array(
      z.strictObject({
        "keystone-project": z.string(),
        "keystone-role": z.string().optional(),
        "keystone-domain": z.string().optional(),
        project: Name,
        role: Role,
      }),
    )
    .default([]),
});

const schema = z
  .strictObject({
    listen,
    oidc: oidc.optional(),
    keystone: keystone.optional(),
    database: z
      .string()
      .regex(/^(?:sqlite:.+|postgres(?:ql)?:\/\/.+)$/, "sqlite:PATH or postgres://…")
      // Else half of the password is taken for a host, and asked for by name.
      .refine(
        (at) => at.startsWith("sqlite:") || /^\w+:\/\/(?:[^@/?#]*@)?[^@?#]*(?:\?[^@]*)?$/.test(at),
        "write @, /, ?, # and : in a user's name or password as %40, %2F, %3F, %23 and %3A",
      ),
    tls: z.strictObject({ certificate: z.string(), key: z.string() }).optional(),
    /** Addresses or prefixes of proxies that end HTTPS in front of this server. */
    "behind-proxy": z.array(z.string()).min(1).optional(),
    /** Says that people sign in without HTTPS: passwords can be read on the way. */
    plain: z.boolean().optional(),
    ...ruleSettings,
    metrics: metricsSettings.optional(),
  })
  .refine((config) => [config.tls, config["behind-proxy"], config.plain || undefined].filter(Boolean).length === 1, {
    message: "say how people reach it: tls, behind-proxy or plain: true, one of them",
  });

export type ServerConfig = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly database: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly behindProxy: boolean;
  readonly proxies: readonly string[];
  readonly oidc?: OidcSettings;
  readonly keystone?: KeystoneSettings;
  readonly rules: ServerRules;
  readonly metrics?: MetricsSettings;
};

/**
 * Reads the configuration of a server. Paths in it start at its folder.
 *
 * @throws NAMED_FILE_UNREADABLE, SERVER_CONFIG_INVALID
 */
export function readServerConfig(file: string): ServerConfig {
  const invalid = (problem: string, cause?: unknown) => labError("SERVER_CONFIG_INVALID", { file, problem }, { cause });
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw invalid(`cannot read ${path}: ${reasonOf(error)}.`, error);
    }
  };
  const document = parseDocument(readNamed("", file));
  const [mistake] = document.errors;
  if (mistake !== undefined) throw invalid(mistake.message);
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) throw invalid(mistakesIn(parsed.error, "the file").join("\n"));
  const { data } = parsed;
  const folder = dirname(resolve(file));
  const secrets = {
    "This file": resolve(file),
    ...(data.database.startsWith("sqlite:")
      ? { database: resolve(folder, data.database.slice("sqlite:".length)) }
      : {}),
    ...(data.tls === undefined ? {} : { "tls.key": resolve(folder, data.tls.key) }),
    ...(data.metrics?.["token-file"] === undefined
      ? {}
      : { "metrics.token-file": resolve(folder, data.metrics["token-file"]) }),
    ...(data.oidc?.["client-secret-file"] === undefined
      ? {}
      : { "oidc.client-secret-file": resolve(folder, data.oidc["client-secret-file"]) }),
  };
  for (const [what, path] of Object.entries(secrets))
    if (isSeenByNodes(path))
      throw invalid(
        `${what}: nodes of labs see ${path}. Keep it elsewhere, such as in /etc/netwright or /var/lib/netwright.`,
      );
  const at = data.listen.lastIndexOf(":");
  return {
    listen: { host: data.listen.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(data.listen.slice(at + 1)) },
    database: data.database.startsWith("sqlite:")
      ? `sqlite:${resolve(folder, data.database.slice("sqlite:".length))}`
      : data.database,
    ...(data.tls === undefined
      ? {}
      : {
          tls: {
            key: read(resolve(folder, data.tls.key)),
            cert: read(resolve(folder, data.tls.certificate)),
          },
        }),
    behindProxy: data["behind-proxy"] !== undefined,
    proxies: data["behind-proxy"] ?? [],
    rules: rulesOf(data, (path) => resolve(folder, path), invalid),
    ...(data.oidc === undefined ? {} : { oidc: oidcOf(data.oidc, (path) => read(resolve(folder, path)).trim()) }),
    ...(data.keystone === undefined ? {} : { keystone: keystoneOf(data.keystone, invalid) }),
    ...(data.metrics === undefined
      ? {}
      : { metrics: metricsOf(data.metrics, (path) => read(resolve(folder, path)).trim()) }),
  };
}

function oidcOf(data: z.output<typeof oidc>, read: (path: string) => string): OidcSettings {
  const secretFile = data["client-secret-file"];
  return {
    issuer: data.issuer,
    clientId: data["client-id"],
    ...(secretFile === undefined ? {} : { clientSecret: read(secretFile) }),
    publicUrl: data["public-url"],
    nameClaim: data["name-claim"],
    groupsClaim: data["groups-claim"],
    scopes: data.scopes,
    admins: data.admins,
    roles: data.roles,
  };
}

/** Passwords go there: over HTTPS, or nowhere but this machine. */
function keystoneOf(data: z.output<typeof keystone>, invalid: (problem: string) => Error): KeystoneSettings {
  const url = new URL(data.url);
  const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLocal))
    throw invalid(`keystone.url: passwords are sent there, so it must be https://, and is ${data.url}.`);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw invalid("keystone.url: it has more than a host, a port and a path.");
  const group = ({
    project,
    role,
    domain,
  }: {
    project: string;
    role?: string | undefined;
    domain?: string | undefined;
  }) => ({
    project,
    domain: domain ?? data.domain,
    ...(role === undefined ? {} : { role }),
  });
  return {
    url: `${url.href.replace(/\/+$/, "").replace(/\/v3$/, "")}/v3`,
    domain: data.domain,
    admins: data.admins.map(group),
    roles: data.roles.map((one) => ({
      of: group({ project: one["keystone-project"], role: one["keystone-role"], domain: one["keystone-domain"] }),
      project: one.project,
      role: one.role,
    })),
  };
}
