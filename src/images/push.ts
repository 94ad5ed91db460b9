import { rm } from "node:fs/promises";
import { familiarName, type ImageReference } from "../topology/image/reference.ts";
import type { FetchOptions } from "./fetch/fetch.ts";
import { accessWords, copyImage, skopeoName, tlsWords } from "./fetch/skopeo.ts";
import type { ImageStore, StoredImage } from "./store/store.ts";

const defaultSilenceMs = 60_000;

/**
 * Sends an image of the store to a registry, or into a folder, an archive or a daemon of this machine.
 *
 * @throws IMAGE_ACCESS_DENIED, IMAGE_SOURCE_UNREACHABLE, IMAGE_SOURCE_SILENT, IMAGE_COPY_FAILED
 */
export async function pushImage(
  store: ImageStore,
  image: StoredImage,
  to: Exclude<ImageReference, { from: "rootfs" }>,
  { environment, signal, silenceMs = defaultSilenceMs }: FetchOptions,
): Promise<void> {
  const layout = await store.layoutOf(image);
  try {
    await copyImage(
      "Pushing",
      [...tlsWords("dest", to), ...accessWords("dest", to, environment), `oci:${layout}`, skopeoName(to)],
      to,
      {
        environment,
        image: familiarName(image.reference),
        signal,
        silenceMs,
      },
    );
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}
