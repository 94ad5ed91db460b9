import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Entry } from "./cpio.ts";

/** Folders of which Debian has one of each, below usr (systemd's file-hierarchy(7)). */
const merged = ["bin", "sbin", "lib", "lib64"] as const;

/** The root file system of an appliance, as it grows. Paths are as the appliance sees them. */
export class Tree {
  readonly #entries = new Map<string, Entry>();

  constructor() {
    for (const name of merged) {
      this.folder(`/usr/${name}`);
      this.#entries.set(name, { kind: "link", path: name, to: `usr/${name}` });
    }
  }

  /** A folder, and those it is in. */
  folder(path: string): void {
    const name = entryName(path);
    if (name === "" || name === "." || this.#entries.has(name)) return;
    this.folder(dirname(`/${name}`));
    this.#entries.set(name, { kind: "folder", path: name });
  }

  file(path: string, content: string | Uint8Array, options: { readonly executable?: boolean } = {}): void {
    const name = entryName(path);
    this.folder(dirname(`/${name}`));
    const { executable = false } = options;
    this.#entries.set(name, { kind: "file", path: name, content: Buffer.from(content), executable });
  }

  link(path: string, to: string): void {
    const name = entryName(path);
    this.folder(dirname(`/${name}`));
    this.#entries.set(name, { kind: "link", path: name, to });
  }

  /** Everything in a folder of this machine. Of permissions, only whether a file is executable counts. */
  copy(from: string, to = "/"): void {
    for (const name of readdirSync(from).sort()) {
      const [source, target] = [join(from, name), join(to, name)];
      const stat = lstatSync(source);
      if (stat.isDirectory()) this.copy(source, target);
      else if (stat.isSymbolicLink()) this.link(target, readlinkSync(source));
      else this.file(target, readFileSync(source), { executable: (stat.mode & 0o100) !== 0 });
    }
  }

  has(path: string): boolean {
    return this.#entries.has(entryName(path));
  }

  /** The executables, with what is in them. */
  programs(): readonly { readonly path: string; readonly content: Uint8Array }[] {
    return this.entries().flatMap((entry) =>
      entry.kind === "file" && entry.executable ? [{ path: `/${entry.path}`, content: entry.content }] : [],
    );
  }

  /** By name, so that a folder comes before what is in it, and the same tree is the same list. */
  entries(): readonly Entry[] {
    return [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** Without a leading slash, below usr where Debian has it there. */
function entryName(path: string): string {
  const name = path.replace(/^\/+/, "");
  const top = name.split("/", 1)[0] ?? "";
  return name !== top && merged.some((one) => one === top) ? `usr/${name}` : name;
}

/** Where a package has a file: packages of Debian 12 have programs below / or below /usr. */
export function inPackage(folder: string, path: string): string | undefined {
  return [path, `/usr${path}`, path.replace(/^\/usr/, "")].map((one) => join(folder, one)).find(existsSync);
}
