import { labError } from "./errors/error.ts";
import { resolveDefinition, type SourceReader } from "./load.ts";
import type { Lab, Link, LinkId } from "./model.ts";
import { labDefinition } from "./print.ts";
import type { LabDefinition } from "./schema/lab.ts";

/** A link as the long form of a lab file says it. */
export type LinkDefinition = Extract<NonNullable<LabDefinition["links"]>[number], { readonly endpoints: unknown }>;

/**
 * The lab with one link more, as if its file had it: an end without an interface gets the node's first
 * free one, or a new one.
 *
 * @param reader of what the lab's nodes mount
 * @throws LabFileError with all that is wrong
 */
export function withLink(
  lab: Lab,
  link: LinkDefinition,
  reader: SourceReader,
): { readonly lab: Lab; readonly link: Link } {
  const definition = labDefinition(lab);
  const before = new Set(lab.links.map(({ id }) => id));
  const edited = resolveDefinition(
    { ...definition, links: [...(definition.links ?? []), link] },
    { file: "/link", shownAs: "the link to add", reader, allowLarge: true },
  ).lab;
  const added = edited.links.find(({ id }) => !before.has(id));
  if (added === undefined) throw new Error("a link was added, and no link is new");
  return { lab: edited, link: added };
}

/** The lab with one link less. The interfaces of machines stay, as cards without a cable; ports of switches go. */
export function withoutLink(lab: Lab, id: LinkId): Lab {
  const link = lab.links.find((one) => one.id === id);
  if (link === undefined) throw labError("LINK_NOT_FOUND", { link: id, lab: lab.name });
  const ends = [link.a, link.b];
  return {
    ...lab,
    links: lab.links.filter((one) => one !== link),
    nodes: lab.nodes.map((node) => {
      if (node.kind !== "switch") return node;
      const gone = ends.filter((end) => end.node === node.name).map((end) => end.interface);
      return gone.length === 0
        ? node
        : { ...node, interfaces: node.interfaces.filter(({ name }) => !gone.includes(name)) };
    }),
  };
}
