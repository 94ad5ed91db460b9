import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { hostFolder } from "./host-files.ts";

const root = join(import.meta.dirname, "../..");

/** Node with a program of tests/guest/programs in one file: what a guest needs to run it. */
export type Bundle = {
  readonly argv: readonly string[];
  readonly share: readonly string[];
  readonly files: Record<string, Uint8Array>;
};

/** Where it is in the guest. */
const folder = "/netwright";

/**
 * koffi brings a native library and stays in a folder of its own.
 *
 * @param parts what else of src/ runs as a program, such as `lab/main`, which is started as of an installation
 */
export async function bundle(program: string, parts: readonly string[] = []): Promise<Bundle> {
  const programs = parts.map((part) => [`dist/${part}`, join(root, "src", `${part}.ts`)]);
  const { outputFiles } = await build({
    entryPoints: {
      "dist/program": join(import.meta.dirname, "programs", `${program}.ts`),
      ...Object.fromEntries(programs),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["koffi"],
    // Packages in CommonJS ask for Node's own modules.
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  const koffi = [
    ...globSync(join(root, "node_modules/koffi/**/*.{js,cjs,json}")),
    ...hostFolder(join(root, "node_modules/@koromix")),
  ];
  return {
    argv: [process.execPath, `${folder}/dist/program.js`],
    share: [process.execPath],
    files: {
      [`${folder}/package.json`]: readFileSync(join(root, "package.json")),
      ...Object.fromEntries(outputFiles.map(({ path, contents }) => [path, contents])),
      ...Object.fromEntries(koffi.map((file) => [`${folder}${file.slice(root.length)}`, readFileSync(file)])),
    },
  };
}
