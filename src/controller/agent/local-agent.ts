import { once } from "node:events";
import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { createConnection } from "node:net";
import { extname } from "node:path";
import type { Duplex } from "node:stream";
import type { LogLine } from "../../api/index.ts";
import {
  findLab,
  LabClient,
  type LabSummary,
  type Locations,
  labFiles,
  listLabs,
  registeredLabs,
  startLab,
  stopLab,
} from "../../client/index.ts";
import { diskReader, readLabFile } from "../../client/lab-file.ts";
import { readLogFile } from "../../client/log-file.ts";
import { forgetServer } from "../../client/registry/server-mark.ts";
import { imageReferenceText } from "../../topology/image/reference.ts";
import { type Lab, labError, NetwrightError } from "../../topology/index.ts";
import { printLab } from "../../topology/print.ts";
import type { SentFile } from "../server/file-answer.ts";
import type { Agent, AgentImage, AgentState, DescribedLab, FoundLab, HostFacts } from "./agent.ts";
import { hostFacts } from "./host-facts.ts";

/** The labs of the user that this process runs as, on this machine. */
export class LocalAgent implements Agent {
  readonly #locations: Locations;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #server: string | undefined;
  /** What those said of themselves that answered when they were listed. */
  #asked: ReadonlyMap<string, LabSummary> = new Map();

  /** @param server where the server for a team listens that the labs are of; undefined: they are the user's own */
  constructor(locations: Locations, environment: Readonly<Record<string, string | undefined>>, server?: string) {
    this.#locations = locations;
    this.#environment = environment;
    this.#server = server;
  }

  async start(
    lab: Lab,
    digest: string,
    signal: AbortSignal,
    onPhase?: (phase: string) => void,
    file?: string,
  ): Promise<void> {
    let last = "";
    await startLab({
      lab,
      digest,
      locations: this.#locations,
      environment: this.#environment,
      signal,
      ...(this.#server === undefined ? {} : { server: this.#server }),
      ...(file === undefined ? {} : { file }),
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

  async forget(name: string): Promise<void> {
    await forgetServer(this.#locations, name);
  }

  async list(): Promise<ReadonlyMap<string, AgentState>> {
    const all = await listLabs(this.#locations);
    // A server finds its own again, wherever it listened before; they are nothing to the user's own.
    const labs = this.#server === undefined ? all.filter(({ record }) => record.server === undefined) : all;
    this.#asked = new Map(labs.flatMap(({ name, summary }) => (summary === undefined ? [] : [[name, summary]])));
    return new Map(labs.map(({ name, state }) => [name, state]));
  }

  found(name: string): FoundLab | undefined {
    const lab = findLab(this.#locations, name);
    if (lab === undefined) return undefined;
    // What was applied last, the lab itself knows; its record says what it began as.
    const digest = this.#asked.get(name)?.digest;
    return { startedAt: lab.record.startedAt, ...(digest === undefined ? {} : { digest }) };
  }

  async known(lab: Lab): Promise<Lab> {
    const { withKnownImages } = await import("../../client/images.ts");
    return withKnownImages(lab, { locations: this.#locations, environment: this.#environment });
  }

  async apply(
    lab: Lab,
    { signal, ...change }: { readonly digest: string; readonly file?: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const { prepareImages } = await import("../../client/images.ts");
    const images = await prepareImages(lab, {
      locations: this.#locations,
      environment: this.#environment,
      signal,
    });
    try {
      // Who asked may go: what has begun goes on in the lab.
      await this.client(lab.name).apply({ lab: images.lab, ...change });
    } finally {
      images.release();
    }
  }

  async describe(name: string): Promise<DescribedLab> {
    const client = this.client(name);
    const [{ digest, file }, lab] = await Promise.all([client.summary(), client.config()]);
    const its = { lab, digest, ...(file === undefined ? {} : { file }) };
    if (file !== undefined && [".yaml", ".yml"].includes(extname(file))) {
      // With comments, and generators in place of what they made.
      const read = await readLabFile("/", file, { name, allowLarge: true }).catch(() => undefined);
      if (read !== undefined && read.digest === digest && writtenIn(read.lab) === writtenIn(lab))
        return { ...its, text: diskReader.readText(file) };
    }
    return { ...its, text: printLab(lab) };
  }

  client(name: string): LabClient {
    return new LabClient(name, { socket: labFiles(this.#locations.runtime, name).socket });
  }

  async captureFile(name: string, file: string): Promise<SentFile | undefined> {
    const path = `${this.#locations.state}/${name}/logs/captures/${file}`;
    const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    if (found?.isFile() !== true) return undefined;
    const read = (first: number, last: number) => createReadStream(path, { start: first, end: last });
    return { name: file, sizeBytes: found.size, modifiedMs: found.mtimeMs, read };
  }

  async lastLogs(name: string, tail: number): Promise<readonly LogLine[]> {
    try {
      return await Array.fromAsync(
        readLogFile(`${this.#locations.state}/${name}/logs`, { lab: name, names: [], tail }),
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  placesOf(name: string): readonly string[] {
    const { runtime, state, cache } = this.#locations;
    return [`${state}/${name}/logs`, `${state}/${name}`, `${runtime}/${name}`, cache, state, runtime];
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

/** How many processes its lab file has: some may have been left out when it was started, and images bring their own. */
const writtenIn = ({ processes }: Lab): number => processes.filter(({ ofImage }) => ofImage !== true).length;
