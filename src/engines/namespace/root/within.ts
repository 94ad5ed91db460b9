import { lstatSync, mkdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";

/** As the kernel counts them (path_resolution(7)). */
const mostLinks = 40;

/**
 * Where a path leads for those who have `root` as the root of their file system: symbolic links are
 * followed as they would be from inside, so that none leads out. Nobody may change the tree meanwhile.
 *
 * @returns a path outside, of which every part that is there is no symbolic link
 * @throws an error when links lead round in circles
 */
export function pathWithin(root: string, path: string): string {
  const pending = path.split("/").filter((part) => part !== "" && part !== ".");
  const found: string[] = [];
  let links = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === "..") {
      found.pop();
      continue;
    }
    const here = `${root}/${[...found, part].join("/")}`;
    const status = lstatSync(here, { throwIfNoEntry: false });
    if (!status?.isSymbolicLink()) {
      found.push(part);
      continue;
    }
    links += 1;
    if (links > mostLinks) throw new Error(`too many symbolic links in ${path}`);
    const target = readlinkSync(here);
    if (target.startsWith("/")) found.length = 0;
    pending.unshift(...target.split("/").filter((one) => one !== "" && one !== "."));
  }
  return found.length === 0 ? root : `${root}/${found.join("/")}`;
}

/** Makes sure that there is a folder at a path inside `root`. @returns where it is */
export function folderWithin(root: string, path: string): string {
  const place = pathWithin(root, path);
  const status = lstatSync(place, { throwIfNoEntry: false });
  if (status !== undefined && !status.isDirectory()) rmSync(place, { force: true });
  mkdirSync(place, { recursive: true });
  return place;
}

/** Puts a file at a path inside `root`, in place of whatever is there: of a link, not of what it leads to. @returns where it is */
export function fileWithin(root: string, path: string, content: string): string {
  const folder = folderWithin(root, path.slice(0, path.lastIndexOf("/")));
  const place = `${folder}/${path.slice(path.lastIndexOf("/") + 1)}`;
  rmSync(place, { recursive: true, force: true });
  writeFileSync(place, content);
  return place;
}
