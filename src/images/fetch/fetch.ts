import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { labError } from "../../topology/errors/error.ts";
import { familiarName, type ImageReference, imageReferenceText } from "../../topology/image/reference.ts";
import { lockFile } from "../lock.ts";
import { architectures, type Descriptor, imageIndex, imageManifest, mediaTypes } from "../store/manifest.ts";
import type { ImageStore, StoredImage } from "../store/store.ts";
import { accessWords, copyImage, NoSpaceError, skopeoName, tlsWords } from "./skopeo.ts";

export type FetchOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** How long a source may send nothing, in milliseconds. */
  readonly silenceMs?: number;
  /** How much has come, in bytes. */
  readonly onProgress?: (bytes: number) => void;
};

/** What may be fetched: a folder that is a root file system is used where it is. */
export type Fetchable = Exclude<ImageReference, { from: "rootfs" }>;

const defaultSilenceMs = 60_000;

/** What tells whether a name of a local file still means the same; undefined for sources that are not files. */
async function stateOfSource(reference: Fetchable): Promise<string | undefined> {
  if (reference.from !== "oci" && reference.from !== "docker-archive") return undefined;
  const file = reference.from === "oci" ? `${reference.path}/index.json` : reference.path;
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? undefined : `${found.size} ${found.mtimeMs} ${found.ino}`;
}

/** The image in the store, unless it is one of a local file that has changed since. */
export async function findStored(store: ImageStore, reference: Fetchable): Promise<StoredImage | undefined> {
  const image = await store.find(imageReferenceText(reference));
  if (image === undefined) return undefined;
  const state = await stateOfSource(reference);
  return state === undefined || state === image.record.sourceState ? image : undefined;
}

/**
 * Fetches an image into the store. Of several processes that want the same, one fetches and the others
 * wait and then have it; what an earlier attempt fetched is not fetched again.
 *
 * @param options.anew ask the source although the store has it, and check what the store has of it
 * @throws IMAGE_NOT_FOUND, IMAGE_ACCESS_DENIED, IMAGE_SOURCE_UNREACHABLE, IMAGE_SOURCE_SILENT, IMAGE_STORE_FULL, …
 */
export async function fetchImage(
  store: ImageStore,
  reference: Fetchable,
  options: FetchOptions & { readonly anew: boolean },
): Promise<StoredImage> {
  await store.prepare();
  const text = imageReferenceText(reference);
  const key = createHash("sha256").update(text).digest("hex").slice(0, 24);
  using _lock = await lockFile(store.lockFile(`fetch-${key}`), "exclusive", options.signal);
  const known = await findStored(store, reference);
  if (known !== undefined && !options.anew) return known;
  // What is there under the name of a blob is taken for it, whatever its size.
  const former = await store.described(text);
  if (former !== undefined) await store.dropDamaged(former.manifest.layers);
  const image = familiarName(text);
  const sourceState = await stateOfSource(reference);
  try {
    const manifest =
      reference.from === "oci"
        ? await adoptLayout(store, reference.path, reference.name, image)
        : await fetchBySkopeo(store, reference, `${store.folder}/drafts/fetch-${key}`, image, options);
    const record = {
      reference: text,
      manifest: manifest.digest,
      at: new Date().toISOString(),
      ...(sourceState === undefined ? {} : { sourceState }),
    };
    const stored = await store.read(manifest.digest, record);
    requirePlatform(stored, image);
    await store.setName(record);
    return stored;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof NoSpaceError || code === "ENOSPC" || code === "EDQUOT")
      throw labError("IMAGE_STORE_FULL", { image, folder: store.folder }, { cause: error });
    throw error;
  }
}

/** @param layout where the image is made up, which whoever holds its lock has alone */
async function fetchBySkopeo(
  store: ImageStore,
  reference: Exclude<Fetchable, { from: "oci" }>,
  layout: string,
  image: string,
  { environment, signal, silenceMs = defaultSilenceMs, onProgress }: FetchOptions,
): Promise<Descriptor> {
  // Of a process that was killed.
  await rm(layout, { recursive: true, force: true });
  // A blob is in the layout until all of it is there.
  const size = async () => (await sizeOf(`${store.blobs}/sha256`)) + (await sizeOf(layout));
  const before = await size();
  try {
    await copyImage(
      "Fetching",
      [
        ...tlsWords("src", reference),
        ...accessWords("src", reference, environment),
        "--dest-shared-blob-dir",
        store.blobs,
        skopeoName(reference),
        `oci:${layout}:image`,
      ],
      reference,
      {
        environment,
        image,
        signal,
        silenceMs,
        measure: async () => Math.max(0, (await size()) - before),
        onProgress,
      },
    );
    return await manifestIn(layout, undefined, image);
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}

/** Takes an image out of an OCI image layout, which need not have been written by a program of ours. */
async function adoptLayout(
  store: ImageStore,
  folder: string,
  name: string | undefined,
  image: string,
): Promise<Descriptor> {
  const manifest = await manifestIn(folder, name, image);
  const fileOf = ({ digest }: Descriptor) => `${folder}/blobs/sha256/${digest.slice("sha256:".length)}`;
  const adopt = async (blob: Descriptor) => {
    try {
      await store.adoptBlob(fileOf(blob), blob);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
      throw labError("IMAGE_DAMAGED", { image, problem: (error as Error).message }, { cause: error });
    }
  };
  await adopt(manifest);
  const read = imageManifest.safeParse(await store.readJson(manifest.digest, image));
  if (!read.success)
    throw labError("IMAGE_INVALID", { image, problem: "its manifest has not the form of one" }, { cause: read.error });
  for (const blob of [read.data.config, ...read.data.layers]) await adopt(blob);
  return manifest;
}

/** The manifest of an image in a layout, for this machine where there are several. */
async function manifestIn(folder: string, name: string | undefined, image: string): Promise<Descriptor> {
  const readIndex = async (file: string) => {
    try {
      return imageIndex.parse(JSON.parse(await readFile(file, "utf8"))).manifests;
    } catch (error) {
      throw labError("IMAGE_INVALID", { image, problem: `${file} is no index of images` }, { cause: error });
    }
  };
  let manifests = await readIndex(`${folder}/index.json`);
  const nameOf = ({ annotations }: Descriptor) => annotations?.["org.opencontainers.image.ref.name"];
  if (name !== undefined) {
    manifests = manifests.filter((one) => nameOf(one) === name || one.digest === name);
    if (manifests.length === 0) throw labError("IMAGE_NOT_FOUND", { image, where: `in ${folder}` });
  }
  for (let depth = 0; depth < 3; depth++) {
    const fitting = forThisMachine(manifests);
    const [one] = fitting;
    if (one === undefined) {
      const has = manifests.map(({ platform }) => `${platform?.os ?? "?"}/${platform?.architecture ?? "?"}`);
      throw labError(has.length === 0 ? "IMAGE_NOT_FOUND" : "IMAGE_PLATFORM", {
        image,
        where: `in ${folder}`,
        platform: platform(),
        has,
      });
    }
    if (depth === 0 && fitting.length > 1) {
      const names = fitting.map((each) => nameOf(each) ?? each.digest).join(", ");
      throw labError("IMAGE_INVALID", {
        image,
        problem: `${folder} has several images: name one of ${names} after a colon`,
      });
    }
    if (one.mediaType !== mediaTypes.index && one.mediaType !== mediaTypes.dockerList) return one;
    manifests = await readIndex(`${folder}/blobs/sha256/${one.digest.slice("sha256:".length)}`);
  }
  throw labError("IMAGE_INVALID", { image, problem: "its indexes lead to one another" });
}

const platform = () => `linux/${architectures[process.arch] ?? process.arch}`;

const forThisMachine = (manifests: readonly Descriptor[]): readonly Descriptor[] =>
  manifests.filter((one) => {
    const { os, architecture } = one.platform ?? {};
    return (os ?? "linux") === "linux" && (architecture ?? architectures[process.arch]) === architectures[process.arch];
  });

function requirePlatform({ config }: StoredImage, image: string): void {
  const [os, architecture] = [config.os ?? "linux", config.architecture ?? architectures[process.arch]];
  if (os !== "linux" || architecture !== architectures[process.arch])
    throw labError("IMAGE_PLATFORM", { image, platform: platform(), has: [`${os}/${architecture}`] });
}

/** The bytes of the files in a folder, those that are being written among them. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(`${folder}/${name}`).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
