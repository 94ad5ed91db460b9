export { type Confinement, runWorker } from "./confinement.ts";
export { contentOf, type ImageProgress, knownContent, layersFolder, reported } from "./content.ts";
export { fetchImage, findStored } from "./fetch/fetch.ts";
export { lockFile } from "./lock.ts";
export { type ImageSettings, makeImage, type NewImage } from "./make.ts";
export { pushImage } from "./push.ts";
export { configOf, type ImageConfigFile } from "./store/manifest.ts";
export { ImageStore, type StoredImage } from "./store/store.ts";
export { allImages, markOf, type Swept, sweep } from "./sweep.ts";
