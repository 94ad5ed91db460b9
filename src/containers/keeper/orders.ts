import type { ContainerIdentity } from "../labels.ts";

/** What a keeper is started with, as JSON in its only argument. Paths are those it sees. */
export type KeeperOrders = {
  /** Where it listens: below the lab's runtime folder. */
  readonly socket: string;
  /** The engine's socket. */
  readonly engine: string;
  /** Who may connect: the supervisor's user, as the host numbers it. */
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly identity: ContainerIdentity;
};

/**
 * What a connection to the keeper is for: one line of JSON, in one message.
 *
 * `engine`: from then on it is a connection to the engine. `hold`: as long as one such is open, the lab
 * lives. `start`: starts a container in the network namespace whose file descriptor comes with the
 * message, and gives it its host name; answered with a `KeeperAnswer`. `signal`: for a process of a
 * container, as the host numbers it, and its process group.
 */
export type KeeperOrder =
  | { readonly do: "engine" }
  | { readonly do: "hold" }
  | { readonly do: "start"; readonly container: string; readonly hostname: string }
  | { readonly do: "signal"; readonly pid: number; readonly signal: number };

export type KeeperAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: number; readonly reason: string };
