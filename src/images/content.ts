import { existsSync } from "node:fs";
import { chown, mkdir, readdir } from "node:fs/promises";
import { catalogue } from "../topology/errors/catalogue.ts";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import type { ImageContent, ImagePull } from "../topology/image/image.ts";
import { familiarName, type ImageReference, imageReferenceText } from "../topology/image/reference.ts";
import { type Confinement, DamagedBlobError, runWorker } from "./confinement.ts";
import { type Fetchable, type FetchOptions, fetchImage, findStored } from "./fetch/fetch.ts";
import { layerPaths } from "./store/layer-paths.ts";
import { configOf } from "./store/manifest.ts";
import type { ImageStore, StoredImage } from "./store/store.ts";

export type ContentOptions = Pick<FetchOptions, "environment" | "signal" | "silenceMs"> & {
  readonly pull: ImagePull;
  readonly onProgress?: (progress: ImageProgress) => void;
};

/** `total` is 0 where nobody knows it. In bytes. */
export type ImageProgress = { readonly doing: "fetch" | "unpack"; readonly done: number; readonly total: number };

/** A root file system that is a folder says nothing of how it runs. */
const plainConfig = {
  entrypoint: [],
  command: [],
  environment: {},
  user: "",
  workingDirectory: "/",
  stopSignal: "SIGTERM",
} as const;

/**
 * An image ready to be run: fetched as `pull` says, unpacked under the ids of labs. A damaged blob is
 * fetched anew, once, where it came from somewhere.
 *
 * @throws IMAGE_NOT_HERE, IMAGE_DAMAGED, LAYER_UNSAFE, and what `fetchImage` throws
 */
export async function contentOf(
  store: ImageStore,
  reference: ImageReference,
  confinement: Confinement,
  options: ContentOptions,
): Promise<ImageContent> {
  if (reference.from === "rootfs") return { id: reference.path, layers: [reference.path], config: plainConfig };
  const image = await stored(store, reference, options);
  try {
    return await unpacked(store, image, confinement, options);
  } catch (error) {
    if (!(error instanceof DamagedBlobError)) throw error;
    const name = familiarName(image.reference);
    if (image.record.madeHere || options.pull === "never")
      throw labError("IMAGE_DAMAGED", { image: name, problem: error.message }, { cause: error });
    await store.dropDamaged(image.manifest.layers);
    const again = await fetchImage(store, reference, fetching({ ...options }, true));
    try {
      return await unpacked(store, again, confinement, options);
    } catch (second) {
      if (!(second instanceof DamagedBlobError)) throw second;
      throw labError("IMAGE_DAMAGED", { image: name, problem: second.message }, { cause: second });
    }
  }
}

/** What is known of an image without asking anybody; undefined where it is not here, or not unpacked. */
export async function knownContent(
  store: ImageStore,
  reference: ImageReference,
  confinement: Pick<Confinement, "key">,
): Promise<ImageContent | undefined> {
  if (reference.from === "rootfs") return { id: reference.path, layers: [reference.path], config: plainConfig };
  const image = await findStored(store, reference);
  return image === undefined ? undefined : describe(store, image, confinement);
}

async function stored(store: ImageStore, reference: Fetchable, options: ContentOptions): Promise<StoredImage> {
  const known = options.pull === "always" ? undefined : await findStored(store, reference);
  if (known !== undefined) return known;
  const text = imageReferenceText(reference);
  if (options.pull === "never") throw labError("IMAGE_NOT_HERE", { image: familiarName(text) });
  const mine = await store.find(text);
  // What was made here no source has, and one of its name that a registry has is not the same.
  if (mine?.record.madeHere) return mine;
  return fetchImage(store, reference, fetching(options, options.pull === "always"));
}

const fetching = ({ environment, signal, silenceMs, onProgress }: ContentOptions, anew: boolean) => ({
  environment,
  anew,
  signal,
  ...(silenceMs === undefined ? {} : { silenceMs }),
  onProgress: (done: number) => onProgress?.({ doing: "fetch", done, total: 0 }),
});

async function unpacked(
  store: ImageStore,
  image: StoredImage,
  confinement: Confinement,
  { signal, onProgress }: ContentOptions,
): Promise<ImageContent> {
  const content = describe(store, image, confinement);
  const folder = layersFolder(store, confinement);
  const there = new Set(await readdir(folder).catch(() => []));
  const wanted = new Map(image.layers.map((layer) => [layer.diffId, layer]));
  for (const diffId of wanted.keys()) {
    const paths = layerPaths(folder, diffId);
    if (there.has(paths.name) && there.has(paths.markName)) wanted.delete(diffId);
  }
  if (wanted.size === 0) return content;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (confinement.owner !== undefined) await chown(folder, confinement.owner.uid, confinement.owner.gid);
  const total = [...wanted.values()].reduce((sum, { blob }) => sum + blob.size, 0);
  const read = new Map<string, number>();
  await runWorker(
    confinement,
    {
      do: "unpack",
      image: familiarName(image.reference),
      folder,
      ids: confinement.ids,
      layers: [...wanted.values()].map(({ blob, diffId }) => ({
        blob: store.blobPath(blob.digest),
        digest: blob.digest,
        diffId,
      })),
    },
    reported,
    (report) => {
      if (report.type !== "progress") return;
      read.set(report.diffId, report.bytes);
      onProgress?.({ doing: "unpack", done: [...read.values()].reduce((sum, bytes) => sum + bytes, 0), total });
    },
    signal,
  );
  return content;
}

function describe(store: ImageStore, image: StoredImage, confinement: Pick<Confinement, "key">): ImageContent {
  const folder = layersFolder(store, confinement);
  // The same layer twice says nothing new, and overlayfs refuses it.
  const layers = image.layers.map(({ diffId }) => layerPaths(folder, diffId).folder);
  const last = layers.filter((layer, index) => layers.lastIndexOf(layer) === index);
  return { id: image.id, layers: last, config: configOf(image.config) };
}

/** Where the layers are that were unpacked under these ids. */
export const layersFolder = (store: ImageStore, { key }: Pick<Confinement, "key">): string =>
  `${store.folder}/layers/${key}`;

/** An error of the worker as it was there. */
export const reported = (report: {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}): NetwrightError =>
  new NetwrightError(report.code as NetwrightError["code"], report.message, {
    exitCode: catalogue[report.code as NetwrightError["code"]]?.exitCode ?? 1,
    ...(report.remedy === undefined ? {} : { remedy: report.remedy }),
  });

export const isUnpacked = (folder: string, diffId: string): boolean => {
  const paths = layerPaths(folder, diffId);
  return existsSync(paths.folder) && existsSync(paths.mark);
};
