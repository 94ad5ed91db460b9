import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { labError } from "../topology/errors/error.ts";
import type { LabDefinition } from "../topology/load.ts";
import { entryOf } from "./installation.ts";

/**
 * The default export of a lab module. `netwright` may be imported in it without being installed beside
 * it: this installation serves.
 *
 * @throws LAB_MODULE_FAILED
 */
export async function importDefinition(file: string, named: string): Promise<LabDefinition> {
  try {
    const definition = await importDefault(file);
    if (typeof definition !== "object" || definition === null) {
      throw labError("LAB_MODULE_FAILED", { file: named, reason: "it has no default export that is a lab" });
    }
    return definition as LabDefinition;
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "LAB_MODULE_FAILED") throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw labError("LAB_MODULE_FAILED", { file: named, reason }, { cause });
  }
}

/** The default export of a module, in which `netwright` may be imported. @throws what loading it throws */
export async function importDefault(file: string): Promise<unknown> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier !== "netwright") throw error;
        return {
          url: pathToFileURL(entryOf("topology/index", import.meta.url)).href,
          format: undefined,
          shortCircuit: true,
        };
      }
    },
  });
  try {
    return ((await import(pathToFileURL(file).href)) as { readonly default?: unknown }).default;
  } finally {
    hooks.deregister();
  }
}
