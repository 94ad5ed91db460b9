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

/** koffi brings a native library and stays in a folder of its own. */
export async function bundle(program: string): Promise<Bundle> {
  const built = await build({
    entryPoints: [join(import.meta.dirname, "programs", `${program}.ts`)],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["koffi"],
  });
  const [output] = built.outputFiles;
  if (output === undefined) throw new Error(`nothing was built of ${program}`);
  const koffi = [
    ...globSync(join(root, "node_modules/koffi/**/*.{js,cjs,json}")),
    ...hostFolder(join(root, "node_modules/@koromix")),
  ];
  const packages = koffi.map((file) => [file.slice(root.length), readFileSync(file)] as const);
  return {
    argv: [process.execPath, "/program.mjs"],
    share: [process.execPath],
    files: { "/program.mjs": output.contents, ...Object.fromEntries(packages) },
  };
}
