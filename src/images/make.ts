import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { labError } from "../topology/errors/error.ts";
import { familiarName } from "../topology/image/reference.ts";
import {
  architectures,
  type Descriptor,
  type ImageConfigFile,
  type ImageManifest,
  mediaTypes,
} from "./store/manifest.ts";
import type { ImageStore, StoredImage } from "./store/store.ts";

/** What a new image says of how it runs, where it differs from what it is made on. As images write it. */
export type ImageSettings = {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
};

/**
 * Makes an image of a new layer on top of another image, or of a layer alone.
 *
 * @param layer a tar archive
 * @param madeBy for the image's history
 * @throws IMAGE_STORE_FULL
 */
export async function makeImage(
  store: ImageStore,
  reference: string,
  layer: Readable,
  {
    base,
    settings = {},
    madeBy,
    signal,
  }: {
    readonly base?: Pick<StoredImage, "manifest" | "config"> | undefined;
    readonly settings?: ImageSettings;
    readonly madeBy: string;
    readonly signal?: AbortSignal;
  },
): Promise<StoredImage> {
  await store.prepare();
  try {
    const { blob, diffId } = await keepLayer(store, layer, signal);
    const created = new Date().toISOString();
    const before = base?.config;
    const config: ImageConfigFile = {
      ...before,
      created,
      architecture: before?.architecture ?? architectures[process.arch] ?? process.arch,
      os: "linux",
      config: mergedSettings(before?.config ?? {}, settings),
      rootfs: { type: "layers", diff_ids: [...(before?.rootfs.diff_ids ?? []), diffId] },
      history: [...(before?.history ?? []), { created, created_by: madeBy }],
    };
    const manifest: ImageManifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: await store.addBlob(jsonBytes(config), mediaTypes.config),
      layers: [...(base?.manifest.layers ?? []), blob],
    };
    const { digest } = await store.addBlob(jsonBytes(manifest), mediaTypes.manifest);
    const record = { reference, manifest: digest, at: created, madeHere: true } as const;
    await store.setName(record);
    return await store.read(digest, record);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw labError("IMAGE_STORE_FULL", { image: familiarName(reference), folder: store.folder }, { cause: error });
    throw error;
  }
}

/** Another entry point makes the base's command meaningless, as in docker-commit(1). */
function mergedSettings(before: NonNullable<ImageConfigFile["config"]>, settings: ImageSettings) {
  const { Env = [], ...rest } = settings;
  const names = new Set(Env.map((line) => line.split("=")[0]));
  const kept = (before.Env ?? []).filter((line) => !names.has(line.split("=")[0]));
  return {
    ...before,
    ...(settings.Entrypoint === undefined ? {} : { Cmd: [] }),
    ...rest,
    ...(kept.length + Env.length === 0 ? {} : { Env: [...kept, ...Env] }),
  } as NonNullable<ImageConfigFile["config"]>;
}

async function keepLayer(
  store: ImageStore,
  layer: Readable,
  signal: AbortSignal | undefined,
): Promise<{ readonly blob: Descriptor; readonly diffId: string }> {
  const [plain, compressed] = [createHash("sha256"), createHash("sha256")];
  const through = (hash: ReturnType<typeof createHash>) =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
  const draft = store.draft();
  try {
    const steps = [
      layer,
      through(plain),
      createGzip({ level: 6 }),
      through(compressed),
      createWriteStream(draft),
    ] as const;
    await (signal === undefined ? pipeline(steps) : pipeline(steps, { signal }));
    const digest = `sha256:${compressed.digest("hex")}`;
    const { size } = await stat(draft);
    await rename(draft, store.blobPath(digest));
    return { blob: { mediaType: mediaTypes.layer, digest, size }, diffId: `sha256:${plain.digest("hex")}` };
  } finally {
    await rm(draft, { force: true });
  }
}

const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
