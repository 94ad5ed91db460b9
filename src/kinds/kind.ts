import type { Command, NodeFile, ProgramNode, Readiness } from "../topology/index.ts";

/**
 * What a kind of machine adds to what its lab file says. Pure: a kind answers what a node needs, an
 * engine provides it.
 */
export type Kind<Node extends ProgramNode = ProgramNode> = {
  readonly name: Node["kind"];
  /** Kernel settings of the kind; those of the lab file win. */
  sysctls(node: Node): Readonly<Record<string, string>>;
  /** What is there and runs before the node's startup commands; nothing for a plain host. */
  prepare?(node: Node, host: HostFacts): Preparation | undefined;
};

/** What a kind may want to know of the machine and the sandbox. */
export type HostFacts = {
  /** False where only root of the sandbox exists (no subordinate ids): then nothing can run under another user. */
  readonly hasUsers: boolean;
  /** Whether a file is there on the host, as the sandbox sees it. */
  exists(path: string): boolean;
  readText(path: string): string | undefined;
};

export type Preparation = {
  /** Made before the files, empty, hiding what the host has there. */
  readonly directories: readonly { readonly path: string; readonly owner?: string; readonly mode: number }[];
  readonly files: readonly (NodeFile & { readonly owner?: string })[];
  /** Long-running programs, started in order, each ready before the next. */
  readonly services: readonly Service[];
  /** Run once after the services are ready. */
  readonly setup: readonly { readonly what: string; readonly command: Command }[];
};

export type Service = {
  readonly name: string;
  readonly command: Command;
  readonly ready?: Readiness;
};
