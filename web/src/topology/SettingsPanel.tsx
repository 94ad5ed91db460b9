import { CloseButton, Group, Text, Title } from "@mantine/core";
import type { Reading } from "../../../src/api/index.ts";
import { lookOf } from "../graph/kinds.tsx";
import { useSettled } from "../graph/useSettled.ts";
import { setAt } from "./document.ts";
import { findingsOf, interfacesOf } from "./drawing.ts";
import { setEnds, setOfLink } from "./edits.ts";
import type { FileNode } from "./file-graph.ts";
import { LinkPanel } from "./LinkPanel.tsx";
import { MarkPanel } from "./MarkPanel.tsx";
import { NodePanel } from "./NodePanel.tsx";
import { namePorts } from "./ports.ts";
import { freeSubnet } from "./suggestions.ts";
import { type Editing, nothing } from "./useEditing.ts";

const nodePath = (node: FileNode) => [node.isNetwork ? "networks" : "nodes", node.name];

/** The settings of the one node or link that is selected. */
export function SettingsPanel({
  editing,
  onOpen,
}: {
  readonly editing: Editing;
  /** Shows what is at a path in the lab file. */
  readonly onOpen: (path: readonly (string | number)[]) => void;
}) {
  const { mark, graph, pairing, reading, mayDraw, draft, edit, link, rename, removeSelected, select } = editing;
  const selection = useSettled(editing.selection, 0);
  const node = selection.nodes.length === 1 ? graph.nodes.find(({ name }) => name === selection.nodes[0]) : undefined;
  const chosenLink =
    selection.nodes.length === 0 && selection.links.length === 1
      ? graph.links.find(({ id }) => id === selection.links[0])
      : undefined;
  if (mark !== undefined)
    return (
      <aside className="panel" aria-label="Settings">
        <Head title={mark.of === "note" ? "Note" : "Group"} onClose={() => select(nothing)} />
        <MarkPanel key={`${mark.of} ${mark.index}`} editing={editing} mark={mark} />
      </aside>
    );
  if (node === undefined && chosenLink === undefined) return null;
  return (
    <aside className="panel" aria-label="Settings">
      <Head title={node === undefined ? "Link" : lookOf(node.kind).title} onClose={() => select(nothing)} />
      <Messages findings={findingsOf(reading, node === undefined ? chosenLink : node)} />
      {node !== undefined && (
        <NodePanel
          key={node.name}
          node={node}
          read={reading?.lab?.nodes.find(({ name }) => name === node.name)}
          graph={graph}
          interfaces={interfacesOf(node, graph, pairing)}
          isReadOnly={!mayDraw}
          onRename={(to) => rename(node.name, to)}
          onSet={(path, value) =>
            edit((changed) => {
              namePorts(changed, node, graph, pairing, path);
              setAt(changed, [...nodePath(node), ...path], value);
            })
          }
          onLink={(other) => link(node.name, other)}
          onRemove={() => removeSelected(selection)}
          onOpen={(path) => onOpen([...nodePath(node), ...path])}
        />
      )}
      {chosenLink !== undefined && (
        <LinkPanel
          key={chosenLink.id}
          link={chosenLink}
          read={pairing.of.get(chosenLink.id)}
          freeSubnet={freeSubnet(draft.text)}
          isReadOnly={!mayDraw}
          onEnds={(a, b) => edit((changed) => setEnds(changed, chosenLink, a, b))}
          onSet={(path, value) => edit((changed) => setOfLink(changed, chosenLink, path, value))}
          onRemove={() => removeSelected(selection)}
          onOpen={(path) =>
            onOpen(
              "link" in chosenLink.at
                ? ["links", chosenLink.at.link, ...path]
                : ["networks", chosenLink.at.network, ...path],
            )
          }
        />
      )}
    </aside>
  );
}

function Head({ title, onClose }: { readonly title: string; readonly onClose: () => void }) {
  return (
    <Group justify="space-between" mb="xs" wrap="nowrap">
      <Title order={2} size="h5">
        {title}
      </Title>
      <CloseButton aria-label="Close the settings" onClick={onClose} />
    </Group>
  );
}

/** What is wrong with just this, in the words of the command line. */
function Messages({ findings }: { readonly findings: Reading["findings"] }) {
  return findings.map(({ severity, message, remedy, at }) => (
    <Text key={`${at?.line}:${at?.column}:${message}`} className="message" data-severity={severity} size="xs" mb="xs">
      <b>{severity === "error" ? "Mistake" : "Perhaps a mistake"}:</b> {message} {remedy}
    </Text>
  ));
}
