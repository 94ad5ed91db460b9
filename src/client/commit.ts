import { PassThrough } from "node:stream";
import type { CopyResult } from "../api/files.ts";
import { allImages, type ImageSettings, ImageStore, lockFile, makeImage, type StoredImage } from "../images/index.ts";
import { labError } from "../topology/errors/error.ts";
import type { ImageContent } from "../topology/image/image.ts";
import { familiarName } from "../topology/image/reference.ts";
import { runsPrograms } from "../topology/model.ts";
import { type ImageOptions, imageFolder } from "./images.ts";
import type { LabClient } from "./lab.ts";

export type CommitOptions = ImageOptions & {
  readonly settings?: ImageSettings;
  /** For the image's history. */
  readonly madeBy: string;
  /** Seconds since 1970: the image and what changed later say that they are of then. Now when absent. */
  readonly latest?: number;
  /** How much of the layer has come, in bytes. */
  readonly onProgress?: (bytes: number) => void;
};

export type Committed = { readonly image: StoredImage; readonly copied: CopyResult };

/**
 * Saves a node of a running lab as a new image. The lab goes on.
 *
 * @param reference of the new image, as `imageReferenceText` writes it
 * @returns without `copied` for a container: its engine has saved it, among its own images
 * @throws what `commitChanges` and `LabClient.saveImage` throw
 */
export async function commitNode(
  lab: LabClient,
  node: string,
  reference: string,
  options: CommitOptions,
): Promise<Committed | { readonly image: { readonly id: string }; readonly copied?: undefined }> {
  const { madeBy, signal } = options;
  const found = (await lab.config()).nodes.find((one) => one.name === node);
  if (found === undefined || !runsPrograms(found) || found.engine !== "container")
    return commitChanges(lab, node, reference, options);
  return { image: await lab.saveImage(node, reference, madeBy, signal === undefined ? {} : { signal }) };
}

/**
 * Saves a node of a running lab as a new image: what it has changed, as a layer above those of its image,
 * whose settings the new one has. The lab goes on; files that are being written are as they are at the moment.
 *
 * @param reference of the new image, as `imageReferenceText` writes it
 * @throws IMAGE_NODE_NEEDED, COMMIT_UNSUPPORTED, COMMIT_BASE_FOLDER, COMMIT_BASE_GONE, IMAGE_STORE_FULL
 */
export async function commitChanges(
  lab: LabClient,
  node: string,
  reference: string,
  { locations, settings, madeBy, latest, onProgress, signal }: CommitOptions,
): Promise<Committed> {
  const store = new ImageStore(imageFolder(locations));
  await store.prepare();
  // Nobody removes what the new image is made of meanwhile.
  using _held = await lockFile(store.lockFile("store"), "shared", signal);
  const found = (await lab.config()).nodes.find((one) => one.name === node);
  const image = found !== undefined && runsPrograms(found) ? found.image : undefined;
  if (image?.reference.startsWith("rootfs:"))
    throw labError("COMMIT_BASE_FOLDER", { node, image: image.reference.slice("rootfs:".length) });
  const options = {
    ...(latest === undefined ? {} : { latest }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  };
  const content = image?.content;
  // What is no node of an image, the lab itself says.
  if (content === undefined) await lab.exportChanges(node, async () => undefined, options);
  const base = content === undefined ? undefined : await baseOf(store, content, image?.reference ?? "");
  if (base === undefined) throw labError("COMMIT_BASE_GONE", { node, image: familiarName(image?.reference ?? "") });
  const layer = new PassThrough();
  const copying = lab
    .exportChanges(node, (piece) => written(layer, piece), options)
    .then(
      (result) => {
        layer.end();
        return result;
      },
      (error: unknown) => {
        layer.destroy(error as Error);
        throw error;
      },
    );
  copying.catch(() => undefined);
  const made = await makeImage(store, reference, {
    base,
    layer,
    madeBy,
    signal,
    ...(settings === undefined ? {} : { settings }),
    ...(latest === undefined ? {} : { created: new Date(latest * 1000).toISOString() }),
  });
  return { image: made, copied: await copying };
}

/** The image that a node was made of, even where its name means another by now. */
async function baseOf(store: ImageStore, { id }: ImageContent, reference: string): Promise<StoredImage | undefined> {
  const named = await store.find(reference);
  if (named?.id === id) return named;
  return (await allImages(store)).find((one) => one.id === id);
}

/** A piece is its sender's again when this resolves, and the stream may keep what it got. */
function written(stream: PassThrough, piece: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.write(Buffer.from(piece), (error) => (error ? reject(error) : resolve()));
  return promise;
}
