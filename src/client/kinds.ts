import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { LabFileError, labError, type NetwrightError } from "../topology/errors/error.ts";
import type { AnyKind } from "../topology/kinds/kind.ts";

export type LoadedKind = { readonly kind: AnyKind; readonly source: string };

const extensions = [".yaml", ".yml", ".ts", ".mts", ".js", ".mjs"];
/** A kind beside the lab file, or one of a package, `@scope/name` included. */
const namePattern = /^(?:@[a-z0-9-]+\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})$/;

/**
 * The kinds of a user that a lab file names: in `kinds/NAME/` beside it, or in a package
 * `netwright-kind-NAME` that it could import. What is in neither is left out: the lab file says more.
 *
 * @param folder of the lab file
 * @throws LabFileError with every mistake in the kinds
 */
export async function loadKinds(names: readonly string[], folder: string): Promise<readonly LoadedKind[]> {
  const kinds: LoadedKind[] = [];
  for (const name of names) {
    const found = namePattern.test(name) ? folderOf(name, folder) : undefined;
    if (found !== undefined) kinds.push(await loadKind(name, found, folder));
  }
  return kinds;
}

function folderOf(name: string, folder: string): string | undefined {
  const beside = join(folder, "kinds", name);
  if (!name.startsWith("@") && statSync(beside, { throwIfNoEntry: false })?.isDirectory()) return beside;
  const slash = name.indexOf("/");
  const packageName =
    slash < 0 ? `netwright-kind-${name}` : `${name.slice(0, slash)}/netwright-kind-${name.slice(slash + 1)}`;
  try {
    return dirname(createRequire(join(folder, "lab.js")).resolve(`${packageName}/package.json`));
  } catch {
    return undefined;
  }
}

async function loadKind(name: string, folder: string, labFolder: string): Promise<LoadedKind> {
  const shown = relative(labFolder, folder);
  const wrong = (file: string, problem: string, remedy: string) =>
    labError("KIND_INVALID", { kind: name, file: join(shown, file), problem, remedy });
  const files = readdirSync(folder).filter((one) => /^kind\.\w+$/.test(one) && extensions.includes(extname(one)));
  const [only, second] = files;
  if (only === undefined)
    throw new LabFileError([wrong("", "there is no kind file", "Write kind.yaml, kind.ts or kind.js there.")]);
  if (second !== undefined)
    throw new LabFileError([wrong("", `there are ${files.join(" and ")}`, "Keep one of them.")]);
  const path = join(folder, only);
  const source = readFileSync(path, "utf8");
  const { userKind, nodeKeys } = await import("../topology/load.ts");
  if (!only.endsWith(".yaml") && !only.endsWith(".yml")) {
    const { importDefault } = await import("./lab-module.ts");
    const data = await importDefault(path).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LabFileError([wrong(only, `it cannot be loaded: ${reason}`, "Mend it; it has a default export.")]);
    });
    return {
      kind: checked(userKind(name, withFiles(data, folder, problem(wrong, only)), nodeKeys), wrong, only),
      source,
    };
  }
  const { readYaml } = await import("../topology/source/yaml.ts");
  const yaml = readYaml(source, join(shown, only));
  if (yaml.data === undefined || yaml.errors.length > 0) throw new LabFileError(yaml.errors);
  const used: string[] = [];
  const data = withFiles(yaml.data, folder, problem(wrong, only), used);
  const result = userKind(name, data, nodeKeys);
  if ("problems" in result)
    throw new LabFileError(
      result.problems.map((one) => {
        const at = yaml.locate(one.path, "key");
        const details = { kind: name, file: join(shown, only), problem: one.problem, remedy: one.remedy };
        return labError("KIND_INVALID", details, at === undefined ? {} : { at });
      }),
    );
  return { kind: result.kind, source: [source, ...used].join("\0") };
}

type Wrong = (file: string, problem: string, remedy: string) => NetwrightError;

const problem = (wrong: Wrong, file: string) => (text: string, remedy: string) =>
  new LabFileError([wrong(file, text, remedy)]);

function checked(
  result:
    | { readonly kind: AnyKind }
    | { readonly problems: readonly { readonly problem: string; readonly remedy: string }[] },
  wrong: Wrong,
  file: string,
): AnyKind {
  if ("kind" in result) return result.kind;
  throw new LabFileError(result.problems.map((one) => wrong(file, one.problem, one.remedy)));
}

/** The data of a kind with the bytes of each file in place of `{from: path}`: files of its own folder, and no others. */
function withFiles(
  data: unknown,
  folder: string,
  wrong: (problem: string, remedy: string) => Error,
  used: string[] = [],
): unknown {
  const files = (data as { files?: unknown } | null)?.files;
  if (typeof data !== "object" || typeof files !== "object" || files === null) return data;
  const root = realpathSync(folder);
  const read = (from: string): string => {
    const path = resolve(root, from);
    let bytes: Buffer;
    let real: string;
    try {
      real = realpathSync(path);
      bytes = readFileSync(real);
    } catch (error) {
      throw wrong(
        `${from} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
        "Put it in the folder of the kind.",
      );
    }
    if (!real.startsWith(`${root}/`)) throw wrong(`${from} is not in the folder ${basename(folder)}`, "Put it there.");
    const base64 = bytes.toString("base64");
    used.push(base64);
    return base64;
  };
  const entries = Object.entries(files).map(([path, file]: [string, unknown]) => {
    const { from, ...rest } = (typeof file === "object" && file !== null ? file : {}) as { from?: unknown };
    return typeof from === "string" ? [path, { ...rest, base64: read(from) }] : [path, file];
  });
  return { ...data, files: Object.fromEntries(entries) };
}
