import { once } from "node:events";
import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import { LabClient, type Locations, labFiles, listLabs, startLab, stopLab } from "../../client/index.ts";
import { type Lab, NetwrightError } from "../../topology/index.ts";
import type { Agent, AgentState } from "./agent.ts";

/** The labs of the user that this process runs as, on this machine. */
export class LocalAgent implements Agent {
  readonly #locations: Locations;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(locations: Locations, environment: Readonly<Record<string, string | undefined>>) {
    this.#locations = locations;
    this.#environment = environment;
  }

  async start(lab: Lab, digest: string, signal: AbortSignal, onPhase?: (phase: string) => void): Promise<void> {
    let last = "";
    await startLab({
      lab,
      digest,
      locations: this.#locations,
      environment: this.#environment,
      signal,
      onPhase: ({ phase }) => {
        if (phase !== last) onPhase?.(phase);
        last = phase;
      },
    });
  }

  async stop(name: string): Promise<void> {
    try {
      await stopLab(this.#locations, name);
    } catch (error) {
      if (!(error instanceof NetwrightError && error.code === "LAB_NOT_FOUND")) throw error;
    }
  }

  async list(): Promise<ReadonlyMap<string, AgentState>> {
    const labs = await listLabs(this.#locations);
    return new Map(labs.map(({ name, state }) => [name, state]));
  }

  client(name: string): LabClient {
    return new LabClient(name, { socket: labFiles(this.#locations.runtime, name).socket });
  }

  async connect(name: string): Promise<Duplex> {
    const socket = createConnection(labFiles(this.#locations.runtime, name).socket);
    await once(socket, "connect");
    return socket;
  }
}
