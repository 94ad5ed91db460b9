import { once } from "node:events";
import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import {
  LabClient,
  type Locations,
  labFiles,
  listLabs,
  registeredLabs,
  startLab,
  stopLab,
} from "../../client/index.ts";
import { imageReferenceText } from "../../topology/image/reference.ts";
import { type Lab, labError, NetwrightError } from "../../topology/index.ts";
import type { Agent, AgentImage, AgentState, HostFacts } from "./agent.ts";
import { hostFacts } from "./host-facts.ts";

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

  async host(): Promise<HostFacts> {
    return hostFacts(this.#locations.cache, (await registeredLabs(this.#locations)).length);
  }

  async images(): Promise<readonly AgentImage[]> {
    return (await this.#library()).list();
  }

  async pullImage(text: string, signal: AbortSignal): Promise<string> {
    const { readReference } = await import("../../client/images.ts");
    const reference = readReference(text);
    // What else there is are files and daemons of this machine, which nobody may reach through a server.
    if (reference.from !== "registry") throw labError("IMAGE_NOT_OF_REGISTRY", { image: text });
    await (await this.#library(signal)).pull(reference);
    return imageReferenceText(reference);
  }

  async removeImage(text: string): Promise<void> {
    const { readReference } = await import("../../client/images.ts");
    await (await this.#library()).remove([readReference(text)]);
  }

  /** Loaded when it is asked for: it brings what unpacks images. */
  async #library(signal?: AbortSignal) {
    const { ImageLibrary } = await import("../../client/image-library.ts");
    return new ImageLibrary({
      locations: this.#locations,
      environment: this.#environment,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
