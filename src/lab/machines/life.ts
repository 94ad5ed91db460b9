import type { Socket } from "node:net";
import type { ProcessStatus } from "../../api/index.ts";
import type { Interface, Machine } from "../../topology/index.ts";
import type { ConsoleHub } from "../console/hub.ts";
import type { FileRequest } from "../files/porter-request.ts";

/** `idle`: it is there, and nothing runs on it. `failed`: it ended by itself, as it should not. `off`: its power was taken. */
export type MachineState = "idle" | "running" | "paused" | "failed" | "off";

/** A machine of a running lab, whatever engine runs it. Its links are the panel's affair. */
export interface MachineLife {
  readonly state: MachineState;
  /** What runs on it by itself, for its kind. */
  readonly services: readonly ProcessStatus[];
  /** Its interfaces, each with a jack in the panel. Live. */
  addInterface(one: Interface): void | Promise<void>;
  removeInterface(one: Interface): void | Promise<void>;
  configureInterface(from: Interface, to: Interface): void;
  /** Settings that change live, and what its next start will use. */
  configure(from: Machine, to: Machine): void;
  /** Starts what comes with the machine; `up` does it where there is something to start. */
  start(node: Machine): Promise<void>;
  stop(): Promise<void>;
  /** Takes its power: `stop` asks what runs to end first, `kill` does not. Its links lose carrier. */
  powerOff(how: "stop" | "kill"): Promise<void>;
  powerOn(): Promise<void>;
  /** Everything on it stands still, or goes on. */
  freeze(frozen: boolean): Promise<void>;
  /** An interface gained or lost carrier, where the machine does not notice by itself. */
  setCarrier?(name: string, up: boolean): void;
  /** Its console, on which something is, as far as it has power. @throws NODE_FAILED, COMMAND_NOT_STARTED */
  openConsole(): Promise<ConsoleHub>;
  /** What can be seen of it from outside, read now. */
  inspect(): Record<string, unknown> | Promise<Record<string, unknown>>;
  /**
   * Copies files from or to it, where it has a file system that can be reached. Answers the client on
   * `connection`, as src/api/files.ts says, and closes it.
   *
   * @throws what keeps it from beginning; nothing was sent then
   */
  transferFiles?(request: FileRequest, connection: Socket): Promise<void>;
  /**
   * Sends what it has changed above the layers of its image, as a layer, the same way.
   *
   * @param latest seconds since 1970; what changed later is said to have changed then
   * @throws IMAGE_NODE_NEEDED, NODE_OFF
   */
  transferChanges?(latest: number | undefined, connection: Socket): Promise<void>;
  /** Saves it as an image of its engine's own, where that is who keeps what it changes. @returns the image's id */
  saveImage?(name: string, comment: string): Promise<string>;
  /** SIGKILL for all of it, without waiting. */
  kill(): void;
  /** Gives back what `MachineLife` holds; it is stopped first. */
  remove(): Promise<void>;
}
