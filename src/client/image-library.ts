import { rm } from "node:fs/promises";
import {
  allImages,
  contentOf,
  type ImageProgress,
  ImageStore,
  layersFolder,
  lockFile,
  markOf,
  pushImage,
  type StoredImage,
  type Swept,
  sweep,
} from "../images/index.ts";
import { layerPaths } from "../images/store/layer-paths.ts";
import { labError } from "../topology/errors/error.ts";
import type { ImageContent } from "../topology/image/image.ts";
import { familiarName, type ImageReference, imageReferenceText } from "../topology/image/reference.ts";
import { runsPrograms } from "../topology/model.ts";
import { Confined, type ImageOptions, imageFolder, packageFolder } from "./images.ts";
import { LabClient } from "./lab.ts";
import { listLabs } from "./registry/list.ts";

/** What is known of an image without looking into it. */
export type ListedImage = {
  /** As people write it. */
  readonly name: string;
  readonly reference: string;
  /** `sha256:…` of its configuration. */
  readonly id: string;
  readonly created?: string;
  /** When it came here, ISO 8601. */
  readonly at: string;
  /** Of its blobs, as they are fetched and kept. */
  readonly bytes: number;
  /** Unpacked; absent where it is not. */
  readonly unpackedBytes?: number;
  /** Labs that run and use it. */
  readonly labs: readonly string[];
};

/** How long a removal waits for others who fetch, in milliseconds. */
const aloneMs = 60_000;

/** The images of this user: what `netwright image` works on. */
export class ImageLibrary {
  readonly store: ImageStore;
  readonly #options: ImageOptions;

  constructor(options: ImageOptions) {
    this.#options = options;
    this.store = new ImageStore(imageFolder(options.locations));
  }

  async list(): Promise<readonly ListedImage[]> {
    const [images, users] = await Promise.all([allImages(this.store), this.#users()]);
    using confined = new Confined(this.#options.environment);
    const folder = images.length === 0 ? "" : layersFolder(this.store, await confined.confinement());
    return await Promise.all(
      images.map(async (image) => {
        const marks = await Promise.all(image.layers.map(({ diffId }) => markOf(layerPaths(folder, diffId).mark)));
        const unpacked = marks.every((mark) => mark !== undefined)
          ? { unpackedBytes: marks.reduce((sum, mark) => sum + mark.bytes, 0) }
          : {};
        return {
          name: familiarName(image.reference),
          reference: image.reference,
          id: image.id,
          ...(image.config.created === undefined ? {} : { created: image.config.created }),
          at: image.record.at,
          bytes: image.manifest.layers.reduce((sum, { size }) => sum + size, 0),
          ...unpacked,
          labs: users.get(image.id) ?? [],
        };
      }),
    );
  }

  /** An image of the store. @throws IMAGE_NOT_FOUND */
  async image(reference: ImageReference): Promise<StoredImage> {
    const found = await this.store.find(imageReferenceText(reference));
    if (found !== undefined) return found;
    throw labError("IMAGE_NOT_FOUND", {
      image: familiarName(imageReferenceText(reference)),
      where: "on this machine",
    });
  }

  /** Asks the source for an image, checks what is here of it, and unpacks it. */
  async pull(
    reference: ImageReference,
    {
      silenceMs,
      onProgress,
    }: { readonly silenceMs?: number; readonly onProgress?: (progress: ImageProgress) => void } = {},
  ): Promise<ImageContent> {
    using confined = new Confined(this.#options.environment);
    await this.store.prepare();
    using _held = await lockFile(this.store.lockFile("store"), "shared", this.#options.signal);
    const confinement = await confined.confinement(this.#options.signal);
    return await contentOf(this.store, reference, confinement, {
      ...this.#options,
      pull: "always",
      ...(silenceMs === undefined ? {} : { silenceMs }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  }

  /** Sends an image of the store somewhere. */
  async push(
    reference: ImageReference,
    to: Exclude<ImageReference, { from: "rootfs" }>,
    silenceMs?: number,
  ): Promise<void> {
    const image = await this.image(reference);
    const timing = silenceMs === undefined ? {} : { silenceMs };
    await pushImage(this.store, image, to, { ...this.#options, ...timing });
  }

  /** Takes names away, and what only they led to. @throws IMAGE_NOT_FOUND, IMAGE_IN_USE */
  async remove(references: readonly ImageReference[]): Promise<Swept> {
    using _alone = await this.#alone();
    const users = await this.#users();
    for (const reference of references) {
      // One that is damaged has no image, and can be removed all the same.
      const image = await this.store.find(imageReferenceText(reference));
      const labs = image === undefined ? [] : (users.get(image.id) ?? []);
      if (labs.length > 0) throw labError("IMAGE_IN_USE", { image: familiarName(imageReferenceText(reference)), labs });
    }
    for (const reference of references) {
      if (!(await this.store.removeName(imageReferenceText(reference)))) await this.image(reference);
    }
    return await this.#sweep();
  }

  /** Removes what no name leads to, and downloaded packages; with `all`, the names that no running lab uses as well. */
  async prune(all: boolean): Promise<Swept & { readonly names: readonly string[] }> {
    using _alone = await this.#alone();
    const names: string[] = [];
    if (all) {
      const users = await this.#users();
      for (const { reference } of await this.store.names()) {
        const image = await this.store.find(reference);
        if (image !== undefined && users.has(image.id)) continue;
        await this.store.removeName(reference);
        names.push(familiarName(reference));
      }
    }
    // Debian packages that images were built of: apt can fetch them again.
    await rm(packageFolder(this.#options.locations), { recursive: true, force: true });
    return { ...(await this.#sweep()), names };
  }

  async #sweep(): Promise<Swept> {
    using confined = new Confined(this.#options.environment);
    return await sweep(this.store, new Set(await this.#layersInUse()), () => confined.confinement());
  }

  async #alone(): Promise<Disposable> {
    await this.store.prepare();
    const deadline = AbortSignal.timeout(aloneMs);
    try {
      return await lockFile(this.store.lockFile("store"), "exclusive", deadline);
    } catch (error) {
      if (!deadline.aborted) throw error;
      throw labError("TIMED_OUT", { what: "Waiting for others who fetch images", afterMs: aloneMs });
    }
  }

  async #contents(): Promise<readonly { readonly lab: string; readonly content: ImageContent }[]> {
    const labs = await listLabs(this.#options.locations);
    const all = await Promise.all(
      labs.map(async ({ name, socket }) => {
        const config = await new LabClient(name, { socket: socket }).config().catch(() => undefined);
        return (config?.nodes ?? []).flatMap((node) => {
          const content = runsPrograms(node) ? node.image?.content : undefined;
          return content === undefined ? [] : [{ lab: name, content }];
        });
      }),
    );
    return all.flat();
  }

  /** Names of labs by the images they use. */
  async #users(): Promise<ReadonlyMap<string, readonly string[]>> {
    const users = new Map<string, string[]>();
    for (const { lab, content } of await this.#contents()) {
      const known = users.get(content.id) ?? [];
      if (!known.includes(lab)) users.set(content.id, [...known, lab]);
    }
    return users;
  }

  async #layersInUse(): Promise<readonly string[]> {
    return (await this.#contents()).flatMap(({ content }) => content.layers);
  }
}
