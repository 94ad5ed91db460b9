import type { GroupResources, LabResources, NodeResources } from "../resources.ts";
import type { LabDefinition } from "../schema/lab.ts";
import { parseSize } from "../size.ts";
import type { Layer, MachineDefinition } from "./settings.ts";

/** What the programs of a machine may use: each limit from where it was said last. */
export function resourcesOf(layers: readonly Layer<MachineDefinition>[]): NodeResources | undefined {
  const merged = Object.assign({}, ...layers.map(({ data }) => data.resources)) as NonNullable<
    MachineDefinition["resources"]
  >;
  if (Object.keys(merged).length === 0) return undefined;
  const { "program-memory": programMemory, "open-files": openFiles, ...whole } = merged;
  const programMemoryBytes = programMemory === undefined ? undefined : parseSize(programMemory);
  return {
    ...groupResources(whole),
    ...(programMemoryBytes === undefined ? {} : { programMemoryBytes }),
    ...(openFiles === undefined ? {} : { openFiles }),
  };
}

/** What all nodes of the lab may use; undefined when nothing is said. */
export function labResourcesOf({ resources }: LabDefinition): LabResources | undefined {
  if (resources === undefined) return undefined;
  const { enforce, ...whole } = resources;
  const result = { ...groupResources(whole), ...(enforce === "if-possible" ? { enforce } : {}) };
  return Object.keys(result).length === 0 ? undefined : result;
}

type GroupDefinition = {
  readonly cpus?: number | undefined;
  readonly memory?: string | undefined;
  readonly processes?: number | undefined;
};

export function groupResources({ cpus, memory, processes }: GroupDefinition): GroupResources {
  const memoryBytes = memory === undefined ? undefined : parseSize(memory);
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(processes === undefined ? {} : { processes }),
  };
}
