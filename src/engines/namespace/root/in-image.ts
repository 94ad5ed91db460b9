import { lstatSync, readFileSync } from "node:fs";
import type { ImageContent } from "../../../topology/index.ts";

/** The text of a file of an image that no node has mounted yet; undefined when there is none. */
export function textInImage(content: ImageContent, path: string): string | undefined {
  const place = fileInImage(content, path);
  return place === undefined ? undefined : readFileSync(place, "utf8");
}

/**
 * Where a file of an image is on this machine; undefined when there is none. No link of the image is
 * followed, since it would lead through this process's own root.
 */
export function fileInImage({ layers }: ImageContent, path: string): string | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  for (const layer of layers.toReversed()) {
    let here = layer;
    for (const [index, part] of parts.entries()) {
      here = `${here}/${part}`;
      const status = lstatSync(here, { throwIfNoEntry: false });
      if (status === undefined) break;
      const isLast = index === parts.length - 1;
      if (isLast && status.isFile()) return here;
      // A whiteout, a link, or a folder where a file was asked for.
      if (isLast || !status.isDirectory()) return undefined;
    }
  }
  return undefined;
}
