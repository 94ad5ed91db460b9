import type {
  ContainerNeeds,
  NeededProgram,
  NodeConfig,
  NodeDirectory,
  NodeService,
  OwnedFile,
  ProgramNode,
  SetupCommand,
} from "../topology/index.ts";

/**
 * What a host or a router adds to what its lab file says. Pure: it answers what a node needs, an engine
 * provides it. Kinds that need to know nothing of the machine are data already when the lab file is
 * resolved (`src/topology/kinds/`), and the `role` of a host or router here.
 */
export type Kind<Node extends ProgramNode = ProgramNode> = {
  readonly name: Node["kind"];
  /** Kernel settings of the kind; those of the lab file win. */
  sysctls(node: Node): Readonly<Record<string, string>>;
  /** What is there and runs before the node's startup commands; nothing for a plain host. */
  prepare?(node: Node, host: HostFacts): Preparation | undefined;
  /** What a container engine must grant a node that is a container. */
  needs?(node: Node): ContainerNeeds | undefined;
  /** Where its configuration is; undefined for a node that has none. */
  config?(node: Node): NodeConfig | undefined;
  /** The node with another configuration than its lab file says. Of a kind that has `config`. */
  configured?(node: Node, text: string): Node;
};

/** What a kind may want to know of where the node's programs are: of the machine and the sandbox, or of an image. */
export type HostFacts = {
  /** False where only root of the sandbox exists (no subordinate ids): then nothing can run under another user. */
  readonly hasUsers: boolean;
  /** Whether a file is there. */
  exists(path: string): boolean;
  readText(path: string): string | undefined;
  /** Where programs are looked for; absent where the kinds know. */
  readonly programFolders?: readonly string[];
};

export type Preparation = {
  /** Made before the files, empty, hiding what the host has there. */
  readonly directories: readonly NodeDirectory[];
  readonly files: readonly OwnedFile[];
  /** Long-running programs, started in order, each ready before the next. */
  readonly services: readonly Service[];
  /** Run once after the services are ready. */
  readonly setup: readonly SetupCommand[];
};

export type Service = NodeService;
export type { NeededProgram };
