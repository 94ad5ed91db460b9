/**
 * Builds the package into dist/: declarations by tsc, one file beside each, and the programs and
 * libraries bundled by esbuild with the packages they use.
 *
 * Bundled because start-up counts: the schemas alone take five times as long to load from
 * node_modules. The layout of dist/ is that of src/, since programs find each other by it
 * (src/client/installation.ts).
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");

/** Programs that run as processes of their own, and what package.json exports. */
const entries = [
  "cli/main",
  "lab/main",
  "lab/probe",
  "lab/files/porter",
  "lab/verify/main",
  "dataplane/main",
  "images/worker",
  "gate/main",
  "containers/keeper/main",
  "topology/index",
  "client/index",
  "testing/index",
  "testing/vitest",
  "testing/node-test",
];

/** Not bundled: koffi loads a native library from beside its own files, vitest is the one whose tests are running. */
const external = ["koffi", "vitest"];

/** zod brings its messages in fifty languages; the project's errors are its own. */
const englishOnly: Plugin = {
  name: "english-only",
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: `export { default as en } from "./en.js";`,
      resolveDir: dirname(path),
    }));
  },
};

rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  external,
  plugins: [englishOnly],
  // Less to read at start-up; names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  logLevel: "warning",
  legalComments: "none",
  // Bundled CommonJS packages ask for Node's own modules by require().
  banner: {
    js: 'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);',
  },
});
// The pages of the server. They find no program, and none finds them but the server (src/controller/server/pages.ts).
execFileSync("vite", ["build", "--logLevel", "warn"], {
  cwd: join(root, "web"),
  stdio: "inherit",
  env: { ...process.env, NODE_ENV: "production" },
});
cpSync(join(root, "web/dist"), join(root, "dist/web"), { recursive: true });

// And what shows its API in a browser (src/controller/server/api-docs.ts).
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"])
  cpSync(join(root, "node_modules/swagger-ui-dist", file), join(root, "dist/api-docs", file));

chmodSync(join(root, "dist/cli/main.js"), 0o755);
writeFileSync(join(root, "dist/THIRD-PARTY-LICENSES.txt"), licences(metafile));

/** The licence texts of the packages in the bundle, as most of them ask for. */
function licences({ inputs }: Metafile): string {
  const folders = new Set<string>();
  for (const input of Object.keys(inputs)) {
    const parts = input.split(sep);
    const at = parts.lastIndexOf("node_modules");
    if (at < 0) continue;
    const depth = parts[at + 1]?.startsWith("@") ? 3 : 2;
    folders.add(parts.slice(0, at + depth).join(sep));
  }
  return [...folders]
    .toSorted()
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      const file = ["LICENSE", "LICENSE.md", "LICENCE", "license", "LICENSE.txt", "LICENSE-MIT"]
        .map((name) => join(root, folder, name))
        .find(existsSync);
      const text = file === undefined ? "(The package brings no licence text.)" : readFileSync(file, "utf8").trim();
      return `${manifest.name} ${manifest.version}: ${manifest.license}\n\n${text}\n`;
    })
    .join(`\n${"─".repeat(80)}\n\n`);
}
