import { LabFileError } from "../errors/error.ts";
import { Findings } from "../findings.ts";
import { type ImageReference, imageReferenceText, parseImageReference } from "../image/reference.ts";
import type { Command, NodeFile } from "../model.ts";
import { commandOf, pathProblem } from "../resolve/command.ts";
import { FileStore, type SourceReader } from "../resolve/file-store.ts";
import { fileBytes, fileMode } from "../resolve/files.ts";
import { formProblems } from "../schema/problems.ts";
import { readYaml } from "../source/yaml.ts";
import { type RecipeForm, recipeForm } from "./form.ts";

/** How an image is made, with nothing left to look up but its base. */
export type Recipe = {
  /** As it stands there. */
  readonly name?: string;
  readonly base:
    | { readonly from: "debian"; readonly suite?: string }
    /** As `imageReferenceText` writes it; paths are absolute. */
    | { readonly from: "image"; readonly reference: string };
  readonly packages: readonly string[];
  readonly files: readonly NodeFile[];
  readonly run: readonly Command[];
  readonly settings: RecipeSettings;
};

/** What an image says of how it runs; what is absent is as in the image below. */
export type RecipeSettings = {
  readonly entrypoint?: readonly string[];
  readonly command?: Command;
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly stopSignal?: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** Debian Policy, 5.6.1 and 5.6.12: a name, and after = a version. */
const packagePattern = /^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+~:-]+)?$/;

/**
 * Reads a recipe.
 *
 * @param options.file full path of the recipe; paths in it start at its folder
 * @param options.shownAs how error messages name it
 * @throws LabFileError with every error in it
 */
export function loadRecipe(
  text: string,
  options: { readonly file: string; readonly shownAs: string; readonly reader: SourceReader },
): Recipe {
  const source = readYaml(text, options.shownAs);
  if (source.data === undefined) throw new LabFileError(source.errors);
  const findings = new Findings(source.locate);
  for (const error of source.errors) findings.add(error);
  const parsed = recipeForm.safeParse(source.data);
  if (!parsed.success) {
    for (const { path, ...details } of formProblems(parsed.error.issues, "A recipe"))
      findings.error("RECIPE_INVALID", details, path, "key");
    throw new LabFileError(findings.errors);
  }
  const recipe = resolveRecipe(parsed.data, new FileStore(options.file, options.reader, findings), findings);
  if (findings.hasErrors) throw new LabFileError(findings.errors);
  return recipe;
}

function resolveRecipe(form: RecipeForm, files: FileStore, findings: Findings): Recipe {
  const { name, from, suite, packages = [], run = [] } = form;
  const named = name === undefined ? undefined : parseImageReference(name);
  if (named !== undefined && ("problem" in named || named.from !== "registry" || named.digest !== undefined)) {
    const problem = "problem" in named ? named.problem : "it is no plain name with a tag";
    wrong(findings, `"${name}" cannot be the name of an image: ${problem}`, "Write one such as team/web:v1.", ["name"]);
  }
  for (const [index, one] of packages.entries())
    if (!packagePattern.test(one))
      wrong(findings, `"${one}" is no name of a Debian package`, "Write one such as dnsmasq-base.", [
        "packages",
        index,
      ]);
  if (from !== undefined && suite !== undefined)
    wrong(findings, "the packages are those of the image below it", "Leave out suite, or from.", ["suite"]);
  const written = Object.entries(form.files ?? {}).flatMap(([path, definition]): NodeFile[] => {
    const at = ["files", path];
    const problem = pathProblem(path);
    if (problem !== undefined) {
      findings.error("PATH_INVALID", { path, what: "The path of a file", problem }, at, "key");
      return [];
    }
    const contentBase64 = fileBytes(path, definition, at, { findings, files });
    const mode = fileMode(typeof definition === "string" ? undefined : definition.mode, at, findings);
    return contentBase64 === undefined ? [] : [{ path, contentBase64, mode }];
  });
  return {
    ...(name === undefined ? {} : { name }),
    base:
      from === undefined
        ? { from: "debian", ...(suite === undefined ? {} : { suite }) }
        : baseOf(from, files, findings),
    packages,
    files: written,
    run: run.map(commandOf),
    settings: settingsOf(form),
  };
}

function baseOf(from: string, files: FileStore, findings: Findings): Recipe["base"] {
  const reference: ImageReference | { readonly problem: string } = parseImageReference(from, (path) =>
    files.absolute(path),
  );
  if ("problem" in reference) {
    wrong(findings, `"${from}" names no image: ${reference.problem}`, "Write one such as debian:12.", ["from"]);
    return { from: "image", reference: from };
  }
  if (reference.from === "rootfs")
    wrong(findings, "a folder is no image that another can be made of", "Name an image.", ["from"]);
  return { from: "image", reference: imageReferenceText(reference) };
}

function settingsOf(form: RecipeForm): RecipeSettings {
  const texts = (values: Readonly<Record<string, string | number | boolean>> = {}) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
  return {
    ...(form.entrypoint === undefined ? {} : { entrypoint: form.entrypoint.map(String) }),
    ...(form.command === undefined ? {} : { command: commandOf(form.command) }),
    environment: texts(form.environment),
    ...(form.user === undefined ? {} : { user: String(form.user) }),
    ...(form["working-directory"] === undefined ? {} : { workingDirectory: form["working-directory"] }),
    ...(form["stop-signal"] === undefined ? {} : { stopSignal: form["stop-signal"] }),
    labels: texts(form.labels),
  };
}

function wrong(findings: Findings, problem: string, remedy: string, path: readonly (string | number)[]): void {
  findings.error("RECIPE_INVALID", { problem, remedy }, path);
}
