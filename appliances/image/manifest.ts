import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { DebianPackage } from "./debian.ts";

/** What an appliance was built of, and what came out. */
export type Manifest = {
  readonly name: string;
  /** Digest of everything that was used: the same inputs make the same files. */
  readonly inputs: string;
  /** As `uname -r` says. */
  readonly kernel: string;
  readonly packages: readonly Omit<DebianPackage, "folder">[];
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
};

/** Writes manifest.json into a folder, with its `files`. */
export function writeManifest(
  folder: string,
  files: readonly string[],
  manifest: Omit<Manifest, "files" | "packages"> & { readonly packages: readonly DebianPackage[] },
): void {
  const { name, inputs, kernel } = manifest;
  const packages = manifest.packages.map(({ folder: _, ...one }) => one).sort((a, b) => (a.name < b.name ? -1 : 1));
  const outputs = files.map((file) => {
    const content = readFileSync(join(folder, file));
    return { name: file, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
  });
  const text = JSON.stringify({ name, inputs, kernel, packages, files: outputs } satisfies Manifest, null, 2);
  writeFileSync(join(folder, "manifest.json"), `${text}\n`);
}

/** The manifest in a folder; undefined when there is none, or one of its files is gone. */
export function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, "manifest.json");
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  return manifest.files.every(({ name }) => existsSync(join(folder, name))) ? manifest : undefined;
}

/**
 * What packages say of their licences (Debian policy, 12.5), by package. Where one only points to
 * another, which is built from the same source, the text says to which.
 */
export function licences(packages: readonly DebianPackage[]): ReadonlyMap<string, string> {
  return new Map(
    packages.map(({ name, folder }) => {
      const documents = join(folder, "usr/share/doc", name);
      const file = join(documents, "copyright");
      if (existsSync(file)) return [name, readFileSync(file, "utf8")];
      const target = linkTarget(documents) ?? linkTarget(file);
      if (target === undefined) throw new Error(`${name} does not say what its licence is`);
      return [name, `See /usr/share/doc/${basename(target.replace(/\/copyright$/, ""))}/copyright in Debian.\n`];
    }),
  );
}

const linkTarget = (path: string): string | undefined =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
