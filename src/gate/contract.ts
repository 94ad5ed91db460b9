import type { Transport } from "../topology/index.ts";

/**
 * How a supervisor speaks with the lab's gate, its one process outside. The gate connects to the
 * supervisor's socket twice: one connection carries JSON lines, the other descriptors of sockets in
 * nodes (SCM_RIGHTS), each announced by a line that comes after it.
 */
export type GateRequest =
  /** Listens on this machine; each connection, and each UDP peer, is dialled. Answers with the port. */
  | {
      readonly do: "publish";
      readonly id: string;
      readonly protocol: Transport;
      readonly address: string;
      readonly port: number;
    }
  | { readonly do: "unpublish"; readonly id: string }
  /** Takes a descriptor: a socket in a node that leads to a port of this machine's loopback, or to the name server. */
  | {
      readonly do: "serve";
      readonly id: string;
      readonly protocol: Transport;
      readonly family: 4 | 6;
      readonly target: { readonly hostPort: number } | "names";
    }
  | { readonly do: "unserve"; readonly id: string }
  /** What the name server answers itself. */
  | { readonly do: "names"; readonly names: readonly GateName[] }
  /** Starts pasta, or slirp4netns. Answers with how; the interface is there some moments later. */
  | {
      readonly do: "internet";
      readonly node: string;
      /** The number of the supervisor's descriptor of the node's network namespace. */
      readonly netns: number;
      readonly prefixes: readonly string[];
    }
  | { readonly do: "internet.end"; readonly node: string }
  /** The answer to `dial`: with a descriptor, unless it is refused. UDP datagrams go to `address` and `port`. */
  | {
      readonly do: "dialled";
      readonly dial: number;
      readonly refused?: true;
      readonly address?: string;
      readonly port?: number;
    };

export type GateName = { readonly address: string; readonly names: readonly string[] };

export type NumberedRequest = GateRequest & { readonly number: number };

export type InternetAnswer = {
  readonly program: "pasta" | "slirp4netns";
  /** In which this machine has a way to the outside. */
  readonly families: readonly (4 | 6)[];
  /** In the sandbox. */
  readonly pid: number;
};

export type GateProblem = {
  /** Of the error catalogue, with its details. */
  readonly code:
    | "PORT_TAKEN"
    | "PORT_FORBIDDEN"
    | "PORT_ADDRESS_MISSING"
    | "INTERNET_PROGRAM_MISSING"
    | "INTERNET_NONE"
    | "GATE_REFUSED";
  readonly details: Readonly<Record<string, unknown>>;
};

export type GateMessage =
  | { readonly event: "ready" }
  /** Somebody came to a published port. */
  | { readonly event: "dial"; readonly dial: number; readonly id: string }
  | { readonly event: "internet.ended"; readonly node: string; readonly how: string }
  | { readonly number: number; readonly result: unknown }
  | { readonly number: number; readonly problem: GateProblem };

/** The data of each message on the descriptors' connection. */
export const descriptorNote = Buffer.from("fd");
/** What a connection says first. */
export const greetings = { lines: "lines\n", descriptors: "fds\n" } as const;
