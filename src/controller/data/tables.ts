import type { Generated } from "kysely";

/*
 * The tables, alike in SQLite and PostgreSQL: times are milliseconds since 1970, truths 0 and 1, structures
 * JSON in text.
 */

export type Tables = {
  /** What is one lab's alone (network-ids.ts). */
  network_ids: { kind: "vxlan" | "vlan"; block: number; lab_id: string };
  users: {
    id: string;
    name: string;
    display_name: string;
    /** PHC string of argon2id (passwords.ts); null for who signs in elsewhere. */
    password: string | null;
    is_admin: number;
    is_disabled: number;
    revision: number;
    created_at: number;
  };
  sessions: {
    /** SHA-256 of what is in the cookie. */
    hash: string;
    user_id: string;
    csrf_token: string;
    created_at: number;
    expires_at: number;
    /** From where it was begun, and the User-Agent of it. */
    address: string;
    agent: string;
  };
  tokens: {
    id: string;
    user_id: string;
    name: string;
    /** SHA-256 of the secret. */
    hash: string;
    scope: "read" | "operate" | "admin";
    created_at: number;
    expires_at: number | null;
    last_used_at: number | null;
  };
  projects: {
    id: string;
    name: string;
    description: string;
    quota: string;
    policy: string;
    revision: number;
    created_at: number;
  };
  /** Who somebody is at a provider of identities. */
  identities: { provider: string; subject: string; user_id: string };
  members: {
    project_id: string;
    user_id: string;
    role: "viewer" | "operator" | "admin";
    /** What gave the role: somebody here, or the groups of a provider of identities. */
    source: "here" | "groups";
    revision: Generated<number>;
  };
  topologies: {
    id: string;
    project_id: string;
    name: string;
    version: number;
    created_at: number;
    updated_at: number;
  };
  topology_versions: {
    topology_id: string;
    version: number;
    text: string;
    message: string;
    author: string;
    created_at: number;
    layout: string | null;
    /** By which a request that is sent again finds what it saved; null for those of older servers. */
    id: string | null;
  };
  labs: {
    id: string;
    project_id: string;
    name: string;
    /** What the agent calls it: no two labs of the server have the same. */
    run_name: string;
    topology_name: string | null;
    topology_version: number | null;
    /** 1: another text was applied since. */
    topology_changed: number;
    text: string;
    variables: string;
    nodes: number;
    links: number;
    /** What it takes of its project's quota besides. */
    cpu_millis: number;
    memory_bytes: number;
    captures: number;
    owner: string;
    /** What is wanted of it. */
    desired: "running" | "stopped" | "deleted";
    /** Whether its last start has ended, well or not. */
    came_up: number;
    problem: string | null;
    /** Where paths in the text start, where that is another lab file's folder. */
    file: string | null;
    /** Which one of those that have run under its name: when it was started. */
    instance: string | null;
    /** Of the text with variables and files, as the lab that runs was told. */
    digest: string | null;
    /** 1: started by the command line, and never stopped here. It goes from the list when it ends. */
    is_found: number;
    /** What it is being turned into (lab-changes.ts); null while it is not. */
    pending_change: string | null;
    /** How its links differed from those of its text when it ran last (live-links.ts); null where they did not. */
    live_links: string | null;
    revision: number;
    created_at: number;
  };
  /** Ports of the server that labs have. */
  published_ports: {
    protocol: "tcp" | "udp";
    host_port: number;
    lab_id: string;
    node: string;
    port: number;
    /** Where the node connects to; empty: the node itself. */
    target: string;
  };
  events: {
    id: Generated<number>;
    at: number;
    type: string;
    project_id: string | null;
    subject: string;
    message: string;
  };
  audit: {
    id: Generated<number>;
    at: number;
    user_name: string;
    address: string;
    action: string;
    target: string;
    status: number;
  };
  idempotency_keys: {
    user_id: string;
    key: string;
    /** Method, path and SHA-256 of the body. */
    request: string;
    status: number | null;
    answer: string | null;
    created_at: number;
  };
};
