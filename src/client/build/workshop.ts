import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { text } from "node:stream/consumers";
import { encodeHeader, endOfArchive, padding } from "../../archive/header.ts";
import { labError } from "../../topology/errors/error.ts";
import type { NodeFile } from "../../topology/model.ts";
import type { ImageOptions } from "../images.ts";
import type { LabClient } from "../lab.ts";
import { readDefinition } from "../lab-file.ts";
import { startLab } from "../launch/launch.ts";
import { stopLab } from "../stop.ts";
import { lastWords } from "./step.ts";

/** The one machine of the lab in which an image is made. */
const node = "image";

export type WorkshopOptions = ImageOptions & {
  /** Of the new image, for errors. */
  readonly image: string;
  /** Seconds since 1970. */
  readonly seconds: number;
};

/**
 * A lab of one node, made of the image below the new one, without a network: what is done in it becomes
 * the new layer. So whatever a package or a command does, it does it where nodes of labs do, and nothing
 * of it reaches this machine. It ends with this process, however that ends.
 */
export class Workshop implements AsyncDisposable {
  readonly client: LabClient;
  readonly node = node;
  readonly #options: WorkshopOptions;
  readonly #end: () => Promise<void>;

  private constructor(client: LabClient, options: WorkshopOptions, end: () => Promise<void>) {
    this.client = client;
    this.#options = options;
    this.#end = end;
  }

  /**
   * @param reference of the image below
   * @param files written before anything is run
   * @param seen a folder of this machine, and where the node sees it
   */
  static async open(
    reference: string,
    files: readonly NodeFile[],
    seen: { readonly source: string; readonly target: string } | undefined,
    options: WorkshopOptions,
  ): Promise<Workshop> {
    const scratch = await mkdtemp(join(tmpdir(), "netwright-build-"));
    const locations = { ...options.locations, state: scratch };
    const name = `build-${randomBytes(4).toString("hex")}`;
    const end = async () => {
      await stopLab(locations, name).catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== "LAB_NOT_FOUND") throw error;
      });
      await rm(scratch, { recursive: true, force: true });
    };
    try {
      // Labs of root run under other ids.
      await chmod(scratch, 0o755);
      const { lab, digest } = await readDefinition(scratch, {
        name,
        nodes: {
          [node]: {
            image: reference,
            command: "none",
            user: "0",
            "working-directory": "/",
            hostname: "localhost",
            files: Object.fromEntries(
              files.map(({ path, contentBase64, mode }) => [
                path,
                { base64: contentBase64, mode: mode.toString(8).padStart(4, "0") },
              ]),
            ),
            ...(seen === undefined ? {} : { mounts: [{ ...seen, readonly: true }] }),
          },
        },
      });
      const { client } = await startLab({ ...options, lab, digest, locations, attended: true, scratch });
      return new Workshop(client, options, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /**
   * Runs a program in the node.
   *
   * @param what for errors, as in "… failed"
   * @returns what it printed
   * @throws RECIPE_STEP_FAILED
   */
  async run(
    what: string,
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { image, seconds, signal } = this.#options;
    signal?.throwIfAborted();
    const session = await this.client.exec(node, {
      argv: [...argv],
      environment: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        LC_ALL: "C.UTF-8",
        DEBIAN_FRONTEND: "noninteractive",
        // Programs that write times and random orders into files then do not.
        SOURCE_DATE_EPOCH: String(seconds),
        PYTHONHASHSEED: "0",
        ...environment,
      },
      directory: "/",
    });
    const abort = () => session.close();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      session.stdin.end();
      const [stdout, stderr, { exitCode }] = await Promise.all([
        text(session.stdout),
        text(session.stderr),
        session.exit,
      ]);
      signal?.throwIfAborted();
      if (exitCode === 0) return stdout;
      const lines = `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
      const how = `failed with exit code ${exitCode}`;
      throw labError("RECIPE_STEP_FAILED", { image, what, how, lastLines: lastWords(lines) });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Writes a file, through links where the node's folders are such; in place of what is there. */
  async write({ path, contentBase64, mode }: NodeFile): Promise<void> {
    const folder = posix.dirname(path);
    await this.run(`making ${folder}`, ["mkdir", "-p", folder]);
    await this.run(`making room for ${path}`, ["rm", "-f", path]);
    const bytes = Buffer.from(contentBase64, "base64");
    const header = encodeHeader({
      type: "file",
      name: posix.basename(path),
      mode,
      uid: 0,
      gid: 0,
      sizeBytes: bytes.length,
      modifiedMs: this.#options.seconds * 1000,
    });
    async function* archive() {
      yield Buffer.concat([header, bytes, Buffer.alloc(padding(bytes.length)), endOfArchive()]);
    }
    await this.client.importFiles(archive(), node, folder, { archive: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }
}
