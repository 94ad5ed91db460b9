import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** A file or folder of the host, and where a container sees it, read-only. */
export type BoundFile = { readonly source: string; readonly target: string };

/** Where a container that runs Netwright's own programs finds them. */
const place = "/.netwright";

/**
 * How Netwright's own Node runs in a container of any image, even an empty one: with the libraries this
 * process has loaded, through their own loader. Nothing of the image is used.
 */
export type OwnProgram = { readonly argv: readonly string[]; readonly binds: readonly BoundFile[] };

/**
 * @param root of the installation: the folder with package.json
 * @param part the program, as `engines/container/keeper/main`
 * @param isSource whether it runs from source
 */
export function ownProgram(root: string, part: string, isSource: boolean): OwnProgram {
  const libraries = loadedLibraries();
  const loader = libraries.find(isLoader);
  const top = isSource ? "src" : "dist";
  const binds: BoundFile[] = [
    { source: realpathSync(process.execPath), target: `${place}/node` },
    ...libraries.map((source) => ({ source, target: `${place}/lib/${basename(source)}` })),
    { source: join(root, "package.json"), target: `${place}/package/package.json` },
    { source: join(root, top), target: `${place}/package/${top}` },
    ...foreignFunctions(root),
  ];
  const program = `${place}/package/${top}/${part}.${isSource ? "ts" : "js"}`;
  const node =
    loader === undefined
      ? [`${place}/node`]
      : [`${place}/lib/${basename(loader)}`, "--library-path", `${place}/lib`, `${place}/node`];
  return { argv: [...node, "--no-warnings", program], binds };
}

const isLoader = (path: string): boolean => /^ld-(linux|musl)|^ld64/.test(basename(path));

/** The libraries of this process, by the names it looked for them: those that Node needs. */
function loadedLibraries(): readonly string[] {
  const { sharedObjects } = process.report.getReport() as unknown as { readonly sharedObjects: readonly string[] };
  return sharedObjects.filter((path) => path.startsWith("/") && !path.endsWith(".node") && existsSync(path));
}

/** The package koffi and, beside it, its native library for this machine. */
function foreignFunctions(root: string): readonly BoundFile[] {
  const require = createRequire(join(root, "package.json"));
  const folder = dirname(realpathSync(require.resolve("koffi")));
  const packages = dirname(folder);
  const native = `@koromix/koffi-linux-${process.arch}`;
  return ["koffi", native]
    .map((name) => ({ source: join(packages, name), target: `${place}/package/node_modules/${name}` }))
    .filter(({ source }) => existsSync(source));
}
