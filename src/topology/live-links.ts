import type { LinkDefinition } from "./edit-links.ts";
import { withoutLink } from "./edit-links.ts";
import { linkChanges } from "./link-changes.ts";
import { resolveDefinition, type SourceReader } from "./load.ts";
import type { Lab, LinkId } from "./model.ts";
import { labDefinition, linkDefinition } from "./print.ts";
import type { LabDefinition } from "./schema/lab.ts";

type NodeDefinitions = NonNullable<LabDefinition["nodes"]>;
type Interfaces = Readonly<Record<string, unknown>>;

/** What links that came and went while a lab ran have made of it: data, to be kept while it does not run. */
export type LiveLinks = {
  readonly added: readonly LinkDefinition[];
  readonly removed: readonly LinkId[];
  /** Those that the lab file has not, or has otherwise, by node: addresses and all. */
  readonly interfaces: Readonly<Record<string, Interfaces>>;
};

/**
 * How the links of a lab that runs differ from those of its lab file, with the interfaces that they came with.
 *
 * @param file what it was deployed as, or what was applied last
 * @returns undefined where nothing differs
 */
export function liveLinks(file: Lab, running: Lab): LiveLinks | undefined {
  const { removed } = linkChanges(file, running);
  const before = new Set(file.links.map(({ id }) => id));
  const [own, now] = [interfacesIn(file), interfacesIn(running)];
  const differing = Object.entries(now).map(([node, interfaces]) => {
    const known = own[node] ?? {};
    const isOther = ([name, one]: [string, unknown]) => JSON.stringify(one) !== JSON.stringify(known[name]);
    return [node, Object.fromEntries(Object.entries(interfaces).filter(isOther))] as const;
  });
  const live: LiveLinks = {
    added: running.links.filter(({ id }) => !before.has(id)).map(linkDefinition),
    removed,
    interfaces: Object.fromEntries(differing.filter(([, interfaces]) => Object.keys(interfaces).length > 0)),
  };
  return Object.values(live).every((one) => Object.keys(one).length === 0) ? undefined : live;
}

/**
 * A lab as it was when `live` was told of it.
 *
 * @param file what `liveLinks` was told
 * @param reader of what the lab's nodes mount
 * @throws LabFileError where the file has changed since, and they do not fit it any more
 */
export function withLiveLinks(file: Lab, live: LiveLinks, reader: SourceReader): Lab {
  const left = live.removed.reduce(
    (lab, id) => (lab.links.some((link) => link.id === id) ? withoutLink(lab, id) : lab),
    file,
  );
  if (live.added.length === 0 && Object.keys(live.interfaces).length === 0) return left;
  const { nodes = {}, links = [], ...rest } = labDefinition(left);
  const extended = Object.entries(nodes).map(([name, node]) => {
    const more = live.interfaces[name];
    return [name, more === undefined ? node : { ...node, interfaces: { ...interfacesOf(node), ...more } }];
  });
  const definition: LabDefinition = {
    ...rest,
    nodes: Object.fromEntries(extended) as NodeDefinitions,
    links: [...links, ...live.added],
  };
  return resolveDefinition(definition, {
    file: "/live-links",
    shownAs: "the links that were added while it ran",
    reader,
    allowLarge: true,
  }).lab;
}

const interfacesIn = (lab: Lab): Readonly<Record<string, Interfaces>> =>
  Object.fromEntries(Object.entries(labDefinition(lab).nodes ?? {}).map(([name, node]) => [name, interfacesOf(node)]));

const interfacesOf = (node: NodeDefinitions[string]): Interfaces =>
  ((node ?? {}) as { readonly interfaces?: Interfaces }).interfaces ?? {};
