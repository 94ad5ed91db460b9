/**
 * The names of an unpacked layer's files in the folder of its map of ids. A layer is whole when folder
 * and mark are there; a lock is held while it is being made. Names are short because overlayfs takes
 * all lower folders in one page (4,096 bytes): 96 bits of a digest that was verified are enough.
 */
export function layerPaths(folder: string, diffId: string) {
  const name = diffId.replace(/^sha256:/, "").slice(0, 24);
  return {
    name,
    folder: `${folder}/${name}`,
    markName: `${name}.json`,
    mark: `${folder}/${name}.json`,
    lock: `${folder}/.lock-${name}`,
    draftPrefix: `.new-${name}`,
  } as const;
}
