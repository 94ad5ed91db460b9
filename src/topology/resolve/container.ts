import type { MachineSettings } from "./draft.ts";
import type { Context, Layer, MachineDefinition } from "./settings.ts";

/** Of capabilities(7), and those that may still come. */
const capabilityPattern = /^(?:CAP_)?[A-Z][A-Z0-9_]*$/;

/** What only containers have; an error for a machine that is none. */
export function containerOf(
  layers: readonly Layer<MachineDefinition>[],
  { findings }: Context,
): Pick<MachineSettings, "capabilities" | "join"> {
  const isContainer = layers.findLast(({ data }) => data.engine !== undefined)?.data.engine === "container";
  const own = layers.at(-1);
  if (!isContainer && own !== undefined) {
    // What defaults say of containers waits for a node that is one.
    for (const key of ["capabilities", "join"] as const)
      if (own.data[key] !== undefined) findings.error("CONTAINER_SETTING_UNUSED", { key }, [...own.path, key], "key");
  }
  if (!isContainer) return { capabilities: [], join: undefined };
  const capabilities = layers.flatMap(({ data, path }) =>
    (data.capabilities ?? []).map((name, index) => {
      if (!capabilityPattern.test(name))
        findings.error("CAPABILITY_INVALID", { name }, [...path, "capabilities", index]);
      return name.replace(/^CAP_/, "");
    }),
  );
  const joined = layers.findLast(({ data }) => data.join !== undefined);
  return {
    capabilities: [...new Set(capabilities)],
    join: joined?.data.join === undefined ? undefined : { node: joined.data.join, path: [...joined.path, "join"] },
  };
}
