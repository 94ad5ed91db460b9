import { dirname, resolve } from "node:path";
import type { Findings } from "../findings.ts";
import type { Path } from "../source/source.ts";

/** How files that a lab file names are read: from disk by the command line, from memory by tests. */
export type SourceReader = {
  /** @throws when the file cannot be read */
  readText(path: string): string;
  /** @throws when the file cannot be read */
  readBytes(path: string): Uint8Array;
  /** undefined: nothing there, or neither a file nor a folder. */
  stat(path: string): "file" | "directory" | undefined;
};

/** The files that a lab file names, each read once. Relative paths start at the lab file's folder. */
export class FileStore {
  readonly #folder: string;
  readonly #reader: SourceReader;
  readonly #findings: Findings;
  readonly #contents = new Map<string, Uint8Array>();

  constructor(labFile: string, reader: SourceReader, findings: Findings) {
    this.#folder = dirname(labFile);
    this.#reader = reader;
    this.#findings = findings;
  }

  absolute(path: string): string {
    return resolve(this.#folder, path);
  }

  /** The bytes of a file, or undefined after reporting why there are none. */
  read(path: string, what: string, at: Path): Uint8Array | undefined {
    const absolute = this.absolute(path);
    const known = this.#contents.get(absolute);
    if (known !== undefined) return known;
    const content = this.#readNow(absolute, path, what, at);
    if (content !== undefined) this.#contents.set(absolute, content);
    return content;
  }

  /** The full path of a file or folder, or undefined after reporting that it is not there. */
  locate(path: string, what: string, at: Path): string | undefined {
    const absolute = this.absolute(path);
    if (this.#reader.stat(absolute) !== undefined) return absolute;
    this.#findings.error("FILE_MISSING", { path, what }, at);
    return undefined;
  }

  /** What was read, by full path, in the order of paths. */
  get contents(): readonly (readonly [path: string, bytes: Uint8Array])[] {
    return [...this.#contents].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #readNow(absolute: string, path: string, what: string, at: Path): Uint8Array | undefined {
    switch (this.#reader.stat(absolute)) {
      case undefined:
        this.#findings.error("FILE_MISSING", { path, what }, at);
        return undefined;
      case "directory":
        this.#findings.error("FILE_IS_FOLDER", { path }, at);
        return undefined;
      case "file":
        try {
          return this.#reader.readBytes(absolute);
        } catch (error) {
          const reason =
            (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
          this.#findings.error("FILE_NOT_READ", { path, reason }, at);
          return undefined;
        }
    }
  }
}
