import type { Duplex } from "node:stream";
import type { Host, Image, LogLine } from "../../api/index.ts";
import type { LabClient } from "../../client/index.ts";
import type { Lab } from "../../topology/index.ts";
import type { SentFile } from "../server/file-answer.ts";

/** What a lab that an agent runs is in. */
export type AgentState = "starting" | "running" | "stopping" | "unresponsive";

/** What is told of a machine that labs run on. */
export type HostFacts = Omit<Host, "state" | "since">;

/** An image that is there, with the labs that use it. */
export type AgentImage = Omit<Image, "labs"> & { readonly labs: readonly string[] };
/** A lab that runs, whoever started it. */
export type FoundLab = {
  /** Tells it from others that run under its name before and after. */
  readonly startedAt: string;
  /** As for `start`; of what had been applied when `list` asked it, and absent where it did not answer. */
  readonly digest?: string;
};

/** A lab that runs, as it is now. */
export type DescribedLab = {
  readonly lab: Lab;
  readonly digest: string;
  /** Of a lab file that gives it: its author's own where that is known. */
  readonly text: string;
  /** Its lab file, absolute. */
  readonly file?: string;
};

/** Where labs run. Today that is this machine, and the agent is in this process. */
export type Agent = {
  /** Starts a lab and waits until it runs; `onPhase` hears what it does. @throws what `startLab` throws */
  start(lab: Lab, digest: string, signal: AbortSignal, onPhase?: (phase: string) => void, file?: string): Promise<void>;
  /** Takes a lab down and waits until it is gone; does nothing where there is none. */
  stop(name: string): Promise<void>;
  /** The server has a lab no more, which is gone: what it has left is nobody's. */
  forget?(name: string): Promise<void>;
  /** The labs that run, also those that were not started by this server, by name. */
  list(): Promise<ReadonlyMap<string, AgentState>>;
  /** The lab with what is known of its images, without asking anybody; absent: an agent without images. */
  known?(lab: Lab): Promise<Lab>;
  /** Turns a lab that runs into `lab`, whose images are fetched first. @throws what `LabClient.apply` throws */
  apply?(
    lab: Lab,
    change: { readonly digest: string; readonly file?: string; readonly signal: AbortSignal },
  ): Promise<void>;
  /** More of a lab that runs. Of agents whose labs others may start, change and end. */
  found?(name: string): FoundLab | undefined;
  /** @throws LAB_LOST */
  describe?(name: string): Promise<DescribedLab>;
  client(name: string): LabClient;
  /** A file that a capture of a lab has written or writes, by its name; undefined where there is none. */
  captureFile(name: string, file: string): Promise<SentFile | undefined>;
  /** The last lines that programs of a lab which is down have said; none where nothing is left of them. */
  lastLogs?(name: string, tail: number): Promise<readonly LogLine[]>;
  /** Folders and files of its machine that what a lab says may name, the longest first. */
  placesOf(name: string): readonly string[];
  /** A connection to the lab API of a lab. @throws when there is none */
  connect(name: string): Promise<Duplex>;
  host(): Promise<HostFacts>;
  images(): Promise<readonly AgentImage[]>;
  /** Fetches an image of a registry and unpacks it. @returns its full name @throws IMAGE_NAME_INVALID, IMAGE_NOT_OF_REGISTRY, … */
  pullImage(reference: string, signal: AbortSignal): Promise<string>;
  /** @throws IMAGE_NAME_INVALID, IMAGE_NOT_FOUND, IMAGE_IN_USE */
  removeImage(reference: string): Promise<void>;
};
