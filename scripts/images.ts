/**
 * Builds the images of images/, each after the one that it is made on top of, into the store of this user.
 *
 *   node scripts/images.ts [NAME...]
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { readRecipe } from "../src/client/build/read-recipe.ts";
import { requireOwnName } from "../src/client/images.ts";
import { imageReferenceText } from "../src/topology/image/reference.ts";

const checkout = join(import.meta.dirname, "..");
const folder = join(checkout, "images");

type Work = { readonly file: string; readonly reference: string; readonly from: string | undefined };

const all: readonly Work[] = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => {
    const { recipe, name } = readRecipe(folder, file);
    const from = recipe.base.from === "image" ? recipe.base.reference : undefined;
    return { file, reference: imageReferenceText(requireOwnName(name)), from };
  });
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !all.some(({ file }) => basename(file, ".yaml") === name));
if (unknown !== undefined) throw new Error(`there is no images/${unknown}.yaml`);
const chosen =
  wanted.length === 0 ? all : withBases(all.filter(({ file }) => wanted.includes(basename(file, ".yaml"))));

function withBases(works: readonly Work[]): readonly Work[] {
  const bases = all.filter(({ reference }) => works.some(({ from }) => from === reference));
  const added = bases.filter((base) => !works.includes(base));
  return added.length === 0 ? works : withBases([...works, ...added]);
}

const built = new Map<string, Promise<void>>();
let free = availableParallelism();
const waiting: (() => void)[] = [];

/** As many at once as this machine has processors. */
async function inTurn(work: () => Promise<void>): Promise<void> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free -= 1;
  try {
    await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

function build(work: Work): Promise<void> {
  const known = built.get(work.reference);
  if (known !== undefined) return known;
  const base = chosen.find(({ reference }) => reference === work.from);
  const begun = (base === undefined ? Promise.resolve() : build(base)).then(() => inTurn(() => run(work.file)));
  built.set(work.reference, begun);
  return begun;
}

async function run(file: string): Promise<void> {
  const startedAt = performance.now();
  const argv = [join(checkout, "src/cli/main.ts"), "image", "build", "--quiet", join("images", file)];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...argv], {
    cwd: checkout,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode) => resolve(exitCode));
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code !== 0) throw new Error(`images/${file} was not built`);
  console.error(`images/${file}: ${seconds} s`);
}

const results = await Promise.allSettled(chosen.map(build));
const failed = new Set(results.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : [])));
for (const reason of failed) console.error(reason);
process.exitCode = failed.size === 0 ? 0 : 1;
