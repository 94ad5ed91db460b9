import * as z from "zod";
import { ErrorReportSchema } from "../launch.ts";
import { LabState } from "../resources.ts";

/*
 * What the controller's API speaks of. Times are RFC 3339 in UTC. `revision` counts the changes of a
 * resource; its ETag is made of it (RFC 9110, 8.8.3).
 */

/** Of projects, topologies, labs and users: a name that can stand in an address and on a command line. */
export const Name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, "1 to 40 of a-z, 0-9 and -, not - at an end");

/** Of labs, which the command line may have named. */
export const LabName = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, "1 to 63 letters, digits and -, not - at an end");

const LinkEnd = z.object({ node: z.string(), interface: z.string() });

const time = z.iso.datetime();

export const Role = z.enum(["viewer", "operator", "admin"]);
export type Role = z.infer<typeof Role>;

/** What a token may do, at most; its user's rights still count. */
export const Scope = z.enum(["read", "operate", "admin"]);
export type Scope = z.infer<typeof Scope>;

export const User = z.object({
  id: z.string(),
  name: Name,
  displayName: z.string(),
  isAdmin: z.boolean(),
  isDisabled: z.boolean(),
  revision: z.int(),
  createdAt: time,
});
export type User = z.infer<typeof User>;

/** Where a password is kept: here, with a provider of identities, or, of who comes by a link, nowhere. */
export const PasswordPlace = z.discriminatedUnion("at", [
  z.object({ at: z.literal("here") }),
  z.object({ at: z.literal("provider"), address: z.string() }),
  z.object({ at: z.literal("nowhere") }),
]);
export type PasswordPlace = z.infer<typeof PasswordPlace>;

export const Session = z.object({
  user: User,
  password: PasswordPlace,
  /** To be sent as `x-csrf-token` with everything but GET; absent with a token, which needs none. */
  csrfToken: z.string().optional(),
});
export type Session = z.infer<typeof Session>;

/** Somebody who is signed in, somewhere. */
export const OpenSession = z.object({
  id: z.string(),
  createdAt: time,
  expiresAt: time,
  address: z.string(),
  /** What its browser calls itself. */
  agent: z.string(),
  /** The one that asks. */
  isThis: z.boolean(),
});
export type OpenSession = z.infer<typeof OpenSession>;

export const Token = z.object({
  id: z.string(),
  name: z.string(),
  scope: Scope,
  createdAt: time,
  expiresAt: time.optional(),
  lastUsedAt: time.optional(),
});
export type Token = z.infer<typeof Token>;

/** What all labs of a project together may have; absent: no limit. */
export const Quota = z.strictObject({
  labs: z.int().min(0).optional(),
  nodes: z.int().min(0).optional(),
  /** Processors of the labs that are to run: what their nodes may use (`resources:`), or their machines have. */
  cpus: z.number().min(0).optional(),
  memoryBytes: z.int().min(0).optional(),
  /** That run at once. */
  captures: z.int().min(0).optional(),
});
export type Quota = z.infer<typeof Quota>;

/** What the labs of a project may reach beyond themselves; nothing, when it is not said. */
export const ProjectPolicy = z.strictObject({
  /** Ports of the server may lead into nodes. */
  ports: z.boolean().default(false),
  internet: z.boolean().default(false),
  /** Virtual machines, of the images that the server has for them. */
  vms: z.boolean().default(false),
  /** Ports of the server's loopback that nodes may reach, such as `tcp/5432`. */
  allowHost: z
    .array(z.string().regex(/^(?:tcp|udp)\/[1-9]\d{0,4}$/, "a port such as tcp/5432"))
    .max(100)
    .default([]),
});
export type ProjectPolicy = z.infer<typeof ProjectPolicy>;

export const Project = z.object({
  id: z.string(),
  name: Name,
  description: z.string(),
  quota: Quota,
  policy: ProjectPolicy,
  /** Of who asks. */
  role: Role,
  revision: z.int(),
  createdAt: time,
});
export type Project = z.infer<typeof Project>;

export const Member = z.object({
  user: User,
  role: Role,
  /** What gave the role: somebody here; or groups at a sign-in elsewhere, which give and take it at each. */
  from: z.enum(["here", "groups"]),
  revision: z.int(),
});
export type Member = z.infer<typeof Member>;

export const Topology = z.object({
  id: z.string(),
  name: Name,
  /** The newest. */
  version: z.int(),
  createdAt: time,
  updatedAt: time,
});
export type Topology = z.infer<typeof Topology>;

/** Where the nodes of a topology are drawn, by name, in pixels from a corner. */
export const Layout = z.record(z.string().max(200), z.strictObject({ x: z.number(), y: z.number() }));
export type Layout = z.infer<typeof Layout>;

export const TopologyVersion = z.object({
  topology: Name,
  version: z.int(),
  /** A lab file. */
  text: z.string(),
  message: z.string(),
  author: z.string(),
  createdAt: time,
  /** Absent: nobody has placed anything. */
  layout: Layout.optional(),
});
export type TopologyVersion = z.infer<typeof TopologyVersion>;

/**
 * Of a lab of the controller: `deploying`, `running`, `stopping`, or as nothing of it runs, `stopped`;
 * `failed` when it did not come up or was lost, `unresponsive` when it does not answer.
 */
export const ControlledLabState = z.enum(["deploying", "running", "stopping", "stopped", "failed", "unresponsive"]);
export type ControlledLabState = z.infer<typeof ControlledLabState>;

export const ControlledLab = z.object({
  id: z.string(),
  name: LabName,
  state: ControlledLabState,
  /**
   * What it was deployed from, or saved as since; absent for one that was given as a text, or started by the command
   * line. `isChanged`: another text was applied to it since.
   */
  topology: z.object({ name: Name, version: z.int(), isChanged: z.boolean() }).optional(),
  nodes: z.int(),
  links: z.int(),
  owner: z.string(),
  revision: z.int(),
  createdAt: time,
  /**
   * What is the lab's alone on this server: identifiers of VXLAN (RFC 7348), for links between hosts, in ranges, and
   * one of a VLAN. Absent: it was deployed by a server that gave none.
   */
  networkIds: z
    .object({ vxlan: z.array(z.object({ first: z.int(), last: z.int() })), vlan: z.int().optional() })
    .optional(),
  /** Why it failed, or why nothing is known of it. */
  problem: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  /** As the lab itself has it, when it answers. */
  lab: LabState.optional(),
});
export type ControlledLab = z.infer<typeof ControlledLab>;

/** What reading a lab file found: what is wrong with it, and when nothing is, the lab that it describes. */
export const Reading = z.object({
  /** As the command line says them: mistakes, then what is most likely one. */
  findings: z.array(ErrorReportSchema.extend({ severity: z.enum(["error", "warning"]) })),
  lab: z
    .object({
      nodes: z.array(
        z.object({
          name: z.string(),
          kind: z.string(),
          image: z.string().optional(),
          interfaces: z.array(
            z.object({ name: z.string(), mac: z.string(), mtu: z.int(), addresses: z.array(z.string()) }),
          ),
          /** Of IPv4. `given`: it has one, or gets it by DHCP. `open`: it has none yet. `none`: it can have none. */
          defaultRoute: z.enum(["given", "open", "none"]),
        }),
      ),
      links: z.array(z.object({ id: z.string(), a: LinkEnd, b: LinkEnd, mtu: z.int() })),
    })
    .optional(),
});
export type Reading = z.infer<typeof Reading>;

export const PlannedStep = z.object({ phase: z.string(), symbol: z.enum(["+", "~", "-"]), text: z.string() });
export type PlannedStep = z.infer<typeof PlannedStep>;

/** Links that came and went while a lab ran, of which its text says nothing: applying that takes it back. */
export const LabLinkChanges = z.object({
  /** As a lab file says them. */
  added: z
    .array(
      z.object({
        endpoints: z.array(z.string()).length(2),
        subnet: z.union([z.string(), z.array(z.string())]).optional(),
        mtu: z.int().optional(),
        impairment: z.record(z.string(), z.unknown()).optional(),
        medium: z.enum(["auto", "kernel", "wire"]).optional(),
      }),
    )
    .readonly(),
  /** By their ids. */
  removed: z.array(z.string()).readonly(),
});
export type LabLinkChanges = z.infer<typeof LabLinkChanges>;

export const ControllerEvent = z.object({
  id: z.int(),
  at: time,
  type: z.string(),
  project: Name.optional(),
  subject: z.string(),
  message: z.string(),
});
export type ControllerEvent = z.infer<typeof ControllerEvent>;

export const AuditEntry = z.object({
  id: z.int(),
  at: time,
  /** Who asked; of a sign-in that was refused, the name that was given. */
  user: z.string(),
  /** From where. */
  address: z.string(),
  action: z.string(),
  target: z.string(),
  status: z.int(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** A page of a list; `next` is what `after` has to be for the one that follows. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });
