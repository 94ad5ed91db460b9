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
  /** How the program is started that copies files (`lab/files/porter`). */
  readonly porter: readonly string[];
  /**
   * Of a lab's own Podman, which ends with the keeper. `network`: where a link is wanted to the network
   * namespace that the keeper is in.
   */
  readonly own?: { readonly network: string };
};

/**
 * What a connection to the keeper is for: one line of JSON, in one message.
 *
 * `engine`: from then on it is a connection to the engine. `hold`: as long as one such is open, the lab
 * lives. `start`: starts a container in the network namespace whose file descriptor comes with the
 * message, and gives it its host name; answered with a `KeeperAnswer`. `enter`: of Podman, whose containers
 * are in their namespaces before they start, when someone attaches: makes it enter that namespace. `signal`: for a process of a
 * container, as the host numbers it, and its process group. `freeze`: stops all processes of a container, or lets them
 * go on, for an engine without control groups. `file`: one file of a running container, as
 * its programs see it; what is to be written follows, to the end of what the connection brings.
 * `transfer`: starts a porter in a running container's file system, which talks to the client whose
 * connection comes with the message; answered when it has started, and ended when it has.
 */
export type KeeperOrder =
  | { readonly do: "engine" }
  | { readonly do: "hold" }
  | { readonly do: "start"; readonly container: string; readonly hostname: string }
  | { readonly do: "enter"; readonly container: string }
  | { readonly do: "signal"; readonly pid: number; readonly signal: number }
  | { readonly do: "freeze"; readonly container: string; readonly frozen: boolean }
  | { readonly do: "file"; readonly container: string; readonly act: FileAct; readonly path: string }
  | { readonly do: "transfer"; readonly container: string; readonly request: unknown };

/** `write`: in place, so that a file that is mounted there stays it, with its owner. `remove`: one that is not there is no error. */
export type FileAct = "exists" | "read" | "write" | "remove";

export type KeeperAnswer =
  /** `content`: of a file that was read, in base64. `exists`: of one that was looked for. */
  | { readonly ok: true; readonly content?: string; readonly exists?: boolean }
  | { readonly ok: false; readonly status: number; readonly reason: string };
