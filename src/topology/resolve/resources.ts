import type { NodeResources } from "../resources.ts";
import { parseSize } from "../size.ts";
import type { Context, Layer, MachineDefinition } from "./settings.ts";

/** What the programs of a machine may use: each limit from where it was said last. */
export function resourcesOf(
  layers: readonly Layer<MachineDefinition>[],
  { findings }: Context,
): NodeResources | undefined {
  const given = layers.flatMap(({ data, path }) =>
    data.resources === undefined ? [] : [{ of: data.resources, path }],
  );
  const merged = Object.assign({}, ...given.map(({ of }) => of)) as NonNullable<MachineDefinition["resources"]>;
  const last = given.at(-1);
  if (last === undefined || Object.keys(merged).length === 0) return undefined;
  if (layers.findLast(({ data }) => data.engine !== undefined)?.data.engine === "container")
    findings.error("RESOURCES_OF_CONTAINER", {}, [...last.path, "resources"], "key");
  const { "program-memory": memory, "open-files": openFiles } = merged;
  const programMemoryBytes = memory === undefined ? undefined : parseSize(memory);
  return {
    ...(programMemoryBytes === undefined ? {} : { programMemoryBytes }),
    ...(openFiles === undefined ? {} : { openFiles }),
  };
}
