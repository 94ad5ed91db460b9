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
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    const definition = module.default;
    if (typeof definition !== "object" || definition === null) {
      throw labError("LAB_MODULE_FAILED", { file: named, reason: "it has no default export that is a lab" });
    }
    return definition as LabDefinition;
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "LAB_MODULE_FAILED") throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw labError("LAB_MODULE_FAILED", { file: named, reason }, { cause });
  } finally {
    hooks.deregister();
  }
}
