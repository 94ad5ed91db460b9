import { readdir, readFile, rm, stat } from "node:fs/promises";
import { type Confinement, runWorker } from "./confinement.ts";
import { reported } from "./content.ts";
import { layerPaths } from "./store/layer-paths.ts";
import type { ImageStore, StoredImage } from "./store/store.ts";

/** What was removed. */
export type Swept = { readonly blobs: number; readonly layers: number; readonly bytes: number };

/**
 * Removes what no name of the store leads to: blobs, unpacked layers, and what ended processes left
 * half-way. The caller holds the store alone.
 *
 * @param inUse full paths of layers that labs have mounted
 */
export async function sweep(
  store: ImageStore,
  inUse: ReadonlySet<string>,
  startWorker: () => Promise<Confinement>,
): Promise<Swept> {
  const images = await allImages(store);
  const keptBlobs = new Set(
    images.flatMap((image) => [image.manifestDigest, image.id, ...image.manifest.layers.map(({ digest }) => digest)]),
  );
  let bytes = 0;
  let blobs = 0;
  for (const name of await readdir(`${store.blobs}/sha256`).catch(() => [])) {
    if (keptBlobs.has(`sha256:${name}`)) continue;
    bytes += await removed(`${store.blobs}/sha256/${name}`);
    blobs += 1;
  }
  for (const name of await readdir(store.blobs).catch(() => []))
    if (name !== "sha256") await rm(`${store.blobs}/${name}`, { recursive: true, force: true });
  for (const name of await readdir(`${store.folder}/drafts`).catch(() => []))
    await rm(`${store.folder}/drafts/${name}`, { recursive: true, force: true });
  let layers = 0;
  for (const key of await readdir(`${store.folder}/layers`).catch(() => [])) {
    const folder = `${store.folder}/layers/${key}`;
    const kept = new Set(images.flatMap((image) => image.layers.map(({ diffId }) => layerPaths(folder, diffId).name)));
    const all: readonly string[] = await readdir(folder).catch(() => []);
    const gone = new Set(
      all.map((name) => name.replace(/\.json$/, "").replace(/^\.(lock|new)-([0-9a-f]{24}).*$/, "$2")),
    );
    for (const name of [...gone]) if (kept.has(name) || inUse.has(`${folder}/${name}`)) gone.delete(name);
    // Whatever is half-way belongs to nobody: this process is alone with the store.
    const drafts = all.filter((name) => name.startsWith(".new-"));
    if (gone.size === 0 && drafts.length === 0) continue;
    for (const name of gone) bytes += (await markOf(`${folder}/${name}.json`))?.bytes ?? 0;
    // The mark first: without it, a folder counts for nothing.
    const names = [...drafts, ...[...gone].flatMap((name) => [`${name}.json`, name, `.lock-${name}`])];
    await runWorker(await startWorker(), { do: "remove", folder, names }, reported, () => undefined);
    layers += [...gone].filter((name) => all.includes(name)).length;
  }
  return { blobs, layers, bytes };
}

/** The images under all names, those that are whole. */
export async function allImages(store: ImageStore): Promise<readonly StoredImage[]> {
  const images = await Promise.all((await store.names()).map(({ reference }) => store.find(reference)));
  return images.filter((image) => image !== undefined);
}

/** How many bytes an unpacked layer has; undefined where it is not unpacked. */
export async function markOf(path: string): Promise<{ readonly bytes: number } | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as { bytes: number };
  } catch {
    return undefined;
  }
}

async function removed(path: string): Promise<number> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  await rm(path, { force: true });
  return size;
}
