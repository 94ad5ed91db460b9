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
  readonly StopSignal?: string;
  readonly Labels?: Readonly<Record<string, string>>;
};

export type NewImage = {
  readonly base?: Pick<StoredImage, "manifest" | "config"> | undefined;
  /** A tar archive, uncompressed; without one, only settings change. */
  readonly layer?: Readable | undefined;
  readonly settings?: ImageSettings;
  /** For the image's history. */
  readonly madeBy: string;
  /** ISO 8601; now when absent. */
  readonly created?: string;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Makes an image: a new layer on top of another image's, or alone. The caller holds the store, so that
 * nobody removes blobs that no name leads to yet.
 *
 * @param reference as `imageReferenceText` writes it
 * @throws IMAGE_STORE_FULL
 */
export async function makeImage(
  store: ImageStore,
  reference: string,
  { base, layer, settings = {}, madeBy, created = new Date().toISOString(), signal }: NewImage,
): Promise<StoredImage> {
  await store.prepare();
  try {
    const kept = layer === undefined ? undefined : await keepLayer(store, layer, signal);
    const before = base?.config;
    const config: ImageConfigFile = {
      ...before,
      created,
      architecture: before?.architecture ?? architectures[process.arch] ?? process.arch,
      os: "linux",
      config: mergedSettings(before?.config ?? {}, settings),
      rootfs: { type: "layers", diff_ids: [...(before?.rootfs.diff_ids ?? []), ...(kept ? [kept.diffId] : [])] },
      history: [
        ...(before?.history ?? []),
        { created, created_by: madeBy, ...(kept === undefined ? { empty_layer: true } : {}) },
      ],
    };
    const manifest: ImageManifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: await store.addBlob(jsonBytes(config), mediaTypes.config),
      layers: [...(base?.manifest.layers ?? []).map(asOci), ...(kept ? [kept.blob] : [])],
    };
    const { digest } = await store.addBlob(jsonBytes(manifest), mediaTypes.manifest);
    const record = { reference, manifest: digest, at: new Date().toISOString(), madeHere: true } as const;
    await store.setName(record);
    return await store.read(digest, record);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw labError("IMAGE_STORE_FULL", { image: familiarName(reference), folder: store.folder }, { cause: error });
    throw error;
  }
}

/** Layers of Docker's own manifests are the same archives by another name, which an OCI manifest may not have. */
function asOci(layer: Descriptor): Descriptor {
  const byType: Readonly<Record<string, string>> = {
    "application/vnd.docker.image.rootfs.diff.tar.gzip": mediaTypes.layer,
    "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
  };
  return { ...layer, mediaType: byType[layer.mediaType ?? ""] ?? layer.mediaType };
}

/** Another entry point makes the base's command meaningless (docker-run(1), --entrypoint). */
function mergedSettings(before: NonNullable<ImageConfigFile["config"]>, settings: ImageSettings) {
  const { Env = [], Labels, ...rest } = settings;
  const names = new Set(Env.map((line) => line.split("=")[0]));
  const kept = (before.Env ?? []).filter((line) => !names.has(line.split("=")[0]));
  const labels = { ...(before["Labels"] as Record<string, string> | null | undefined), ...Labels };
  return {
    ...before,
    ...(settings.Entrypoint === undefined ? {} : { Cmd: [] }),
    ...rest,
    ...(kept.length + Env.length === 0 ? {} : { Env: [...kept, ...Env] }),
    ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }),
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
      createWriteStream(draft, { mode: 0o644 }),
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
