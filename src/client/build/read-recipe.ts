import { readFileSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { LabFileError, labError } from "../../topology/errors/error.ts";
import { loadRecipe, type Recipe } from "../../topology/recipe/recipe.ts";
import { reasonOf } from "../named-file.ts";

const reader = {
  readText: (path: string) => readFileSync(path, "utf8"),
  readBytes: (path: string) => readFileSync(path),
  stat: (path: string) => {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() ? ("file" as const) : status?.isDirectory() ? ("directory" as const) : undefined;
  },
};

/**
 * Reads a recipe from its file.
 *
 * @returns the recipe, and the name of its image: its own, or that of the file
 * @throws LabFileError with every error in it
 */
export function readRecipe(directory: string, named: string): { readonly recipe: Recipe; readonly name: string } {
  const file = resolve(directory, named);
  let text: string;
  try {
    text = reader.readText(file);
  } catch (error) {
    throw new LabFileError([labError("RECIPE_UNREADABLE", { file: named, reason: reasonOf(error) }, { cause: error })]);
  }
  const recipe = loadRecipe(text, { file, shownAs: named, reader });
  return { recipe, name: recipe.name ?? basename(file, extname(file)).toLowerCase() };
}
