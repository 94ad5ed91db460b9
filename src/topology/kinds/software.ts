import type { Command, NodeFile, Readiness } from "../model.ts";

/** JSON, as a lab file has it: what a node of a kind was told. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a kind makes of a host or a router. */
export type Role = {
  /** Its name, as in the lab file: `firewall`. */
  readonly kind: string;
  /** The kind's own settings, files within: they give the same node again. */
  readonly options: Readonly<Record<string, Json>>;
  readonly software: Software;
  /** Of a kind that is a vendor's container. */
  readonly container?: RoleContainer;
};

/** What a container engine grants a node of the kind, and what people want to know of it. */
export type RoleContainer = {
  /** Without CAP_, as Docker names them. */
  readonly capabilities: readonly string[];
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly resources?: { readonly cpus: number; readonly memoryMiB: number };
};

/**
 * What a node of a kind has and runs: data, so that whoever runs the node needs no code of the kind's.
 * Paths are of the node.
 */
export type Software = {
  /** Programs that must be there: on the host, or in the image of a container. What another image lacks shows when it is started. */
  readonly programs: readonly NeededProgram[];
  /** Made before the files, empty, hiding what the host has there. */
  readonly directories: readonly NodeDirectory[];
  readonly files: readonly OwnedFile[];
  /** Long-running programs, started in order, each ready before the next. */
  readonly services: readonly NodeService[];
  /** Run once, in order, after the services are ready. */
  readonly setup: readonly SetupCommand[];
  /** Absent: the node has no configuration of its own that could be pushed. */
  readonly config?: NodeConfig;
  /** What a container engine must grant a node that is a container. */
  readonly needs?: ContainerNeeds;
};

/** What programs need of a container beyond NET_ADMIN, NET_RAW and what engines give by themselves. */
export type ContainerNeeds = {
  /** Without CAP_, as Docker names them. */
  readonly capabilities?: readonly string[];
  /** Paths of devices, such as /dev/net/tun. */
  readonly devices?: readonly string[];
};

/** A program by its name in PATH, and the Debian package that has it. */
export type NeededProgram = { readonly name: string; readonly package: string };

/** Owners are user names of the node; where only root exists, everything is root's. */
export type NodeDirectory = { readonly path: string; readonly owner?: string; readonly mode: number };
export type OwnedFile = NodeFile & { readonly owner?: string };

export type NodeService = {
  readonly name: string;
  readonly command: Command;
  readonly ready?: Readiness;
  /** `no` when absent. */
  readonly restart?: "no" | "on-failure" | "always";
};

export type SetupCommand = { readonly what: string; readonly command: Command };

/** Where a node's configuration is, and what can be done with it while the node runs. */
export type NodeConfig = {
  /** The file. What the lab file says is among `files`, unless the configuration is empty at first. */
  readonly path: string;
  /** Fails when a file would not be taken, and says why; `{file}` in it stands for the path of the candidate. */
  readonly check?: Command;
  /** How a new file takes effect: by a command, or by starting the services anew. */
  readonly live: { readonly by: "command"; readonly command: Command } | { readonly by: "restart" };
  /** Prints the configuration in force, where that is not the file. */
  readonly save?: Command;
};

export const noSoftware: Software = { programs: [], directories: [], files: [], services: [], setup: [] };
