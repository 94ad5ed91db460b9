import { createHash, randomBytes } from "node:crypto";
import { chmod, copyFile, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { labError } from "../../topology/errors/error.ts";
import { familiarName } from "../../topology/image/reference.ts";
import { digestOf } from "../layer/unpack.ts";
import {
  type Descriptor,
  type ImageConfigFile,
  type ImageManifest,
  imageConfigFile,
  imageManifest,
} from "./manifest.ts";

/** An image of the store under one of its names. */
export type StoredImage = {
  /** As `imageReferenceText` writes it. */
  readonly reference: string;
  readonly manifestDigest: string;
  readonly manifest: ImageManifest;
  /** The digest of the configuration. */
  readonly id: string;
  readonly config: ImageConfigFile;
  /** Blobs with what is in them, lowest first. */
  readonly layers: readonly { readonly blob: Descriptor; readonly diffId: string }[];
  readonly record: NameRecord;
};

/** What is known of a name besides its image. */
export type NameRecord = {
  readonly reference: string;
  readonly manifest: string;
  /** ISO 8601. */
  readonly at: string;
  /** Of a local file, what told it from a later one. */
  readonly sourceState?: string;
  /** It was made here: no source has it. */
  readonly madeHere?: true;
};

/**
 * The images of this user, by content: `blobs/sha256/` as in an OCI image layout, `names/` that point to
 * manifests, and `layers/<map of ids>/` with what was unpacked. A name is written last, so that what it
 * leads to is there; nothing is ever changed in place.
 */
export class ImageStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get blobs(): string {
    return `${this.folder}/blobs`;
  }

  /** Makes the folders. Others must not get at files that belong to this user and may be set-user-id. */
  async prepare(): Promise<void> {
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
    try {
      await mkdir(this.folder, { recursive: true });
      await chmod(this.folder, mode);
      for (const name of ["blobs/sha256", "names", "layers", "locks", "drafts"])
        await mkdir(`${this.folder}/${name}`, { recursive: true, mode: 0o755 });
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw labError("IMAGE_STORE_REFUSED", { folder: this.folder, reason }, { cause: error });
    }
  }

  lockFile(what: string): string {
    return `${this.folder}/locks/${what}`;
  }

  blobPath(digest: string): string {
    return `${this.blobs}/sha256/${digest.slice("sha256:".length)}`;
  }

  async hasBlob({ digest, size }: Pick<Descriptor, "digest" | "size">): Promise<boolean> {
    return (await stat(this.blobPath(digest)).catch(() => undefined))?.size === size;
  }

  /** Removes blobs that are not what their names say. @returns how many */
  async dropDamaged(blobs: readonly Descriptor[]): Promise<number> {
    let dropped = 0;
    for (const { digest } of blobs) {
      const path = this.blobPath(digest);
      const found = await digestOf(path).catch(() => undefined);
      if (found === digest || found === undefined) continue;
      await rm(path, { force: true });
      dropped += 1;
    }
    return dropped;
  }

  /** Keeps bytes, and says what their descriptor is. */
  async addBlob(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const draft = this.draft();
    await writeFile(draft, bytes, { mode: 0o644 });
    await rename(draft, this.blobPath(digest));
    return { mediaType, digest, size: bytes.length };
  }

  /** Takes a copy of a file that is a blob. @throws when it is not what its digest says */
  async adoptBlob(file: string, blob: Descriptor): Promise<void> {
    if (await this.hasBlob(blob)) return;
    const draft = this.draft();
    try {
      // A link would change with the file.
      await copyFile(file, draft);
      if ((await digestOf(draft)) !== blob.digest) throw new Error(`${blob.digest} is damaged`);
      await chmod(draft, 0o644);
      await rename(draft, this.blobPath(blob.digest));
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** A name for a file or folder that is not ready yet. What a killed process left there, prune removes. */
  draft(): string {
    return `${this.folder}/drafts/${process.pid}-${randomBytes(6).toString("hex")}`;
  }

  async names(): Promise<readonly NameRecord[]> {
    const files = await readdir(`${this.folder}/names`).catch(() => []);
    const records = await Promise.all(files.map((file) => this.#readName(`${this.folder}/names/${file}`)));
    return records.filter((record) => record !== undefined).sort((a, b) => (a.reference < b.reference ? -1 : 1));
  }

  /** The image of a name, if all of it is there. */
  async find(reference: string): Promise<StoredImage | undefined> {
    const image = await this.described(reference);
    if (image === undefined) return undefined;
    const blobs = await Promise.all(image.manifest.layers.map((layer) => this.hasBlob(layer)));
    return blobs.every(Boolean) ? image : undefined;
  }

  /** The image of a name, if what describes it is there and whole; its layers may not be. */
  async described(reference: string): Promise<StoredImage | undefined> {
    const record = await this.#readName(this.#namePath(reference));
    if (record === undefined) return undefined;
    return this.read(record.manifest, record).catch(() => undefined);
  }

  /** An image by the digest of its manifest. @throws IMAGE_DAMAGED, IMAGE_INVALID */
  async read(manifestDigest: string, record: NameRecord): Promise<StoredImage> {
    const image = familiarName(record.reference);
    const manifest = parsed(imageManifest, await this.readJson(manifestDigest, image), image);
    const config = parsed(imageConfigFile, await this.readJson(manifest.config.digest, image), image);
    const diffIds = config.rootfs.diff_ids;
    if (diffIds.length !== manifest.layers.length)
      throw labError("IMAGE_INVALID", {
        image,
        problem: "its manifest and its configuration have not the same layers",
      });
    return {
      reference: record.reference,
      manifestDigest,
      manifest,
      id: manifest.config.digest,
      config,
      layers: manifest.layers.map((blob, index) => ({ blob, diffId: diffIds[index] as string })),
      record,
    };
  }

  /** A small blob, checked. @throws IMAGE_DAMAGED */
  async readJson(digest: string, image: string): Promise<unknown> {
    try {
      const bytes = await readFile(this.blobPath(digest));
      if (`sha256:${createHash("sha256").update(bytes).digest("hex")}` !== digest)
        throw new Error("its digest is another");
      return JSON.parse(bytes.toString("utf8"));
    } catch (error) {
      throw labError("IMAGE_DAMAGED", { image, problem: `${digest}: ${(error as Error).message}` }, { cause: error });
    }
  }

  async setName(record: NameRecord): Promise<void> {
    const draft = this.draft();
    await writeFile(draft, JSON.stringify(record));
    await rename(draft, this.#namePath(record.reference));
  }

  /** @returns whether there was such a name */
  async removeName(reference: string): Promise<boolean> {
    return rm(this.#namePath(reference)).then(
      () => true,
      () => false,
    );
  }

  /**
   * An OCI image layout that has this image alone and shares the store's blobs, for programs that read
   * layouts. The caller removes it.
   */
  async layoutOf(image: StoredImage): Promise<string> {
    const folder = this.draft();
    await mkdir(`${folder}/blobs/sha256`, { recursive: true });
    await writeFile(`${folder}/oci-layout`, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    const { size } = await stat(this.blobPath(image.manifestDigest));
    const mediaType = image.manifest.mediaType ?? "application/vnd.oci.image.manifest.v1+json";
    const manifests = [{ mediaType, digest: image.manifestDigest, size }];
    await writeFile(`${folder}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }));
    const digests = [image.manifestDigest, image.id, ...image.manifest.layers.map(({ digest }) => digest)];
    for (const digest of new Set(digests)) {
      const target = `${folder}/blobs/sha256/${digest.slice("sha256:".length)}`;
      await link(this.blobPath(digest), target);
    }
    return folder;
  }

  async #readName(path: string): Promise<NameRecord | undefined> {
    try {
      return JSON.parse(await readFile(path, "utf8")) as NameRecord;
    } catch {
      return undefined;
    }
  }

  /** Names hold slashes, and may be longer than a file's. */
  #namePath(reference: string): string {
    return `${this.folder}/names/${createHash("sha256").update(reference).digest("hex")}`;
  }
}

function parsed<Value>(schema: { parse(data: unknown): Value }, data: unknown, image: string): Value {
  try {
    return schema.parse(data);
  } catch (error) {
    throw labError("IMAGE_INVALID", { image, problem: "its manifest has not the form of one" }, { cause: error });
  }
}
