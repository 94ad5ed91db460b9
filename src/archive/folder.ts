import { closeSync, constants, openSync } from "node:fs";
import { posix } from "node:path";

/** open(2) of Linux, which Node's constants leave out: a place, not its contents. */
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * Where this process finds its open files as names. A place in the tree is then an open folder and one
 * name in it, as with openat(2), which Node does not have: whatever others do to the tree meanwhile,
 * no symbolic link is followed on the way.
 */
export type OpenFiles = {
  /** `/proc/self/fd/`, or nothing where that is the working directory. */
  readonly prefix: string;
};

export const ownOpenFiles: OpenFiles = { prefix: "/proc/self/fd/" };

/** A folder held open. */
export class Folder {
  readonly #files: OpenFiles;
  readonly #fd: number;

  private constructor(files: OpenFiles, fd: number) {
    this.#files = files;
    this.#fd = fd;
  }

  /** By its path, in which symbolic links are followed. @throws the error of open(2), as Node gives it */
  static at(files: OpenFiles, path: string): Folder {
    return new Folder(files, openSync(path, O_PATH | O_DIRECTORY));
  }

  /** A folder in this one. @param name one name, no path. @throws ENOTDIR for a symbolic link, and the errors of open(2) */
  open(name: string): Folder {
    return new Folder(this.#files, openSync(this.path(name), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  }

  /** For calls that do not follow a link at the end of a path, or know that there is none. */
  path(name: string): string {
    if (name === "" || name === ".." || name.includes("/")) throw new RangeError(`"${name}" is no name in a folder`);
    return `${this.#files.prefix}${this.#fd}/${name}`;
  }

  /** For calls about the folder itself. */
  get itself(): string {
    return `${this.#files.prefix}${this.#fd}/.`;
  }

  close(): void {
    closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A path as `cp` is given it. */
export type GivenPath = {
  /** Absolute, without `.`, `..` and a slash at its end. */
  readonly path: string;
  readonly folder: string;
  /** Empty for the root. */
  readonly name: string;
  /** It ends with a slash: it must be a folder. */
  readonly asFolder: boolean;
  /** It ends with `/.`: what is in the folder is meant. */
  readonly contents: boolean;
};

/** @param from what a path that does not start with a slash is relative to */
export function givenPath(text: string, from: string): GivenPath {
  const path = posix.resolve(from, text);
  const contents = text === "." || text.endsWith("/.");
  return {
    path,
    folder: posix.dirname(path),
    name: posix.basename(path),
    asFolder: contents || text === ".." || text.endsWith("/..") || text.endsWith("/"),
    contents,
  };
}
