import type * as z from "zod";
import type { Json, Software } from "./software.ts";

/**
 * A kind of node, beyond the host, router, switch and appliance that Netwright is made of: a host or a
 * router with software on it. It is read when a lab file is resolved, and answers with data.
 */
export type KindDefinition<Options = never> = {
  /** As in `kind: firewall`. */
  readonly name: string;
  /** What it is, in one sentence without a full stop, for the reference and for editors. */
  readonly summary: string;
  /** A `router` forwards IPv4 and IPv6 between its interfaces, a `host` does not. */
  readonly base: "host" | "router";
  /** Its own keys of a node, beside those that every host has; each a schema with a description. */
  readonly options: Readonly<Record<string, z.ZodType>>;
  /** Keys of every host and router, as they are when neither the lab file's defaults nor the node have them. */
  readonly settings?: { readonly internet?: boolean };
  /** Names of interfaces that the lab file leaves open, from 0 on. `eth` when absent. */
  readonly interfaces?: InterfaceNaming;
  /** Kernel settings; those of the lab file win. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Set where the kind is a container of a vendor's, with all that a container engine has to be told. */
  readonly container?: ContainerSettings;
  /**
   * What a node of the kind has and runs. Pure: the same options and facts give the same answer.
   *
   * @param options as the schemas give them, `{from: path}` already replaced by the text of the file
   */
  resolve(options: Options, facts: KindFacts): KindAnswer;
};

/** A kind whatever its options are. */
export type AnyKind = KindDefinition<never>;

export type KindAnswer = {
  readonly software: Software;
  /** Where they differ from what was given (defaults that depend on the lab, full paths): what gives the same node again. */
  readonly options?: Readonly<Record<string, Json>>;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** That of the lab file wins. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly mounts?: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
};

/** `{prefix: "Ethernet", first: 1}` names Ethernet1, Ethernet2, … */
export type InterfaceNaming = { readonly prefix: string; readonly first: number };

/** What a container engine is told of a node, besides what its lab file says. */
export type ContainerSettings = {
  /** Used when the lab file names none; absent for images that users must fetch themselves. */
  readonly image?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Without CAP_, as Docker names them. Never all of them. */
  readonly capabilities?: readonly string[];
  /** Who may log in to it, before a configuration says otherwise. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** What its documentation says it needs. */
  readonly resources?: { readonly cpus: number; readonly memoryMiB: number };
};

export type FactsInterface = {
  readonly name: string;
  /** With prefix lengths; none for one that asks by DHCP. */
  readonly addresses: readonly string[];
  /** Absent where it will be derived from the names. */
  readonly mac: string | undefined;
  readonly dhcp: boolean;
  /** The lab file gives it a default gateway. */
  readonly hasGateway: boolean;
};

export type FactsNode = {
  readonly name: string;
  readonly hostname: string;
  readonly interfaces: readonly FactsInterface[];
};

/** What a kind may know of its node and of the lab, all addresses decided. */
export type KindFacts = {
  readonly node: FactsNode;
  /** Every machine of the lab, this one too. */
  readonly machines: readonly FactsNode[];
  /** The full path of a file or folder of the lab file; undefined after reporting that there is none. */
  locate(path: string, what: string, at: readonly (string | number)[]): string | undefined;
  /**
   * Reports a mistake in the options.
   *
   * @param problem a sentence without its full stop
   * @param remedy a sentence: what to write instead
   * @param at the option, and the path in it
   */
  report(problem: string, remedy: string, at: readonly (string | number)[]): void;
};

/** Types a kind by its options. */
export const defineKind = <const Name extends string, Shape extends Readonly<Record<string, z.ZodType>>>(
  kind: Omit<KindDefinition<z.output<z.ZodObject<Shape>>>, "name" | "options"> & {
    readonly name: Name;
    readonly options: Shape;
  },
): typeof kind => kind;
