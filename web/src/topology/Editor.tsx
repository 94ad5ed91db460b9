import "./editor.css";
import { ActionIcon, Button, CloseButton, FileButton, Group, Menu, Text, Title, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBinaryTree2,
  IconCode,
  IconCopyPlus,
  IconDots,
  IconDownload,
  IconUpload,
} from "@tabler/icons-react";
import { ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { FindNode } from "../graph/FindNode.tsx";
import { type DrawnLink, Graph, type Selection } from "../graph/Graph.tsx";
import { lookOf, paletteKinds } from "../graph/kinds.tsx";
import type { NodeLook } from "../graph/NodeBox.tsx";
import { layOutAside, usePlaces } from "../graph/useLayout.ts";
import { Empty, Loading } from "../shell/states.tsx";
import {
  addLink,
  addNode,
  type FileGraph,
  type FileNode,
  freeName,
  graphIn,
  type LabDocument,
  lineOf,
  printDocument,
  readDocument,
  remove,
  renameNode,
  setAt,
  setEnds,
  setOfLink,
} from "./document.ts";
import { Findings } from "./Findings.tsx";
import type { useHistory } from "./history.ts";
import { LinkPanel } from "./LinkPanel.tsx";
import { NodePanel, type PanelInterface } from "./NodePanel.tsx";
import { pairLinks } from "./pairing.ts";
import { useReading } from "./useReading.ts";
import { YamlPane } from "./YamlPane.tsx";

const nothing: Selection = { nodes: [], links: [] };
const blank: FileGraph = { nodes: [], links: [] };

/** A lab file as a drawing and as a text, each of which changes the other. */
export function Editor({
  project,
  name,
  history,
  isReadOnly,
  title,
  actions,
}: {
  readonly project: string;
  /** What it is exported as. */
  readonly name: string;
  readonly history: ReturnType<typeof useHistory>;
  readonly isReadOnly: boolean;
  readonly title: ReactNode;
  readonly actions: ReactNode;
}) {
  const { draft, change, undo, redo, canUndo, canRedo } = history;
  const { reading, error } = useReading(project, draft.text);
  const [selection, setSelection] = useState<Selection>(nothing);
  const [showsText, setShowsText] = useState(true);
  const [line, setLine] = useState<{ readonly number: number }>();
  const [focus, setFocus] = useState<string>();
  const document = useMemo(() => readDocument(draft.text), [draft.text]);
  // While the text is no YAML, what was drawn last stays.
  const last = useRef<FileGraph>(blank);
  const graph = useMemo(() => graphIn(document) ?? last.current, [document]);
  last.current = graph;
  const isBroken = document.errors.length > 0;
  const mayDraw = !isReadOnly && !isBroken;
  const pairing = useMemo(() => pairLinks(graph, reading?.lab), [graph, reading?.lab]);

  const drawing = useMemo(() => drawingOf(graph, pairing, reading), [graph, pairing, reading]);
  const places = usePlaces(
    drawing.nodes.map((node) => node.name),
    drawing.links.map(({ a, b }) => [a, b] as const),
    draft.layout,
  );

  /** Changes the document, and with it the text and the drawing. */
  const edit = (make: (document: LabDocument) => void, mark = "") => {
    if (!mayDraw) return;
    change((now) => {
      const changed = readDocument(now.text);
      if (changed.errors.length > 0) return now;
      make(changed);
      return { ...now, text: printDocument(changed) };
    }, mark);
  };
  const removeSelected = (chosen: Selection) => {
    if (chosen.nodes.length + chosen.links.length === 0) return;
    edit((changed) => remove(changed, chosen.nodes, chosen.links));
    setSelection(nothing);
  };
  const place = (kind: string, at?: { readonly x: number; readonly y: number }) => {
    if (!mayDraw) return;
    const called = freeName(graph, lookOf(kind).prefix);
    change((now) => {
      const changed = readDocument(now.text);
      addNode(changed, called, kind);
      const where = at ?? freePlace(places ?? {});
      return {
        text: printDocument(changed),
        layout: { ...now.layout, [called]: { x: Math.round(where.x), y: Math.round(where.y) } },
      };
    });
    setSelection({ nodes: [called], links: [] });
  };
  const duplicate = () => {
    const originals = graph.nodes.filter((node) => selection.nodes.includes(node.name) && !node.isNetwork);
    if (originals.length === 0 || !mayDraw) return;
    change((now) => {
      const changed = readDocument(now.text);
      const layout = { ...now.layout };
      for (const node of originals) {
        const known = graphIn(changed) ?? graph;
        const called = freeName(known, node.name.replace(/\d+$/, "") || lookOf(node.kind).prefix);
        addNode(changed, called, node.kind);
        const copied = changed.getIn(["nodes", node.name], true);
        if (copied !== null && copied !== undefined && typeof copied === "object" && "clone" in copied)
          changed.setIn(["nodes", called], (copied as { clone: () => unknown }).clone());
        // Addresses are of one node only.
        changed.deleteIn(["nodes", called, "interfaces"]);
        const from = places?.[node.name] ?? { x: 0, y: 0 };
        layout[called] = { x: from.x + 40, y: from.y + 80 };
      }
      return { text: printDocument(changed), layout };
    });
  };
  const link = (a: string, b: string) =>
    edit((changed) => addLink(changed, { node: a, interface: undefined }, { node: b, interface: undefined }));
  const arrange = async () => {
    const layout = await layOutAside(
      {
        nodes: drawing.nodes.map((node) => node.name),
        links: drawing.links.map(({ a, b }) => [a, b] as const),
        fixed: {},
      },
      AbortSignal.timeout(60_000),
    );
    change((now) => ({ ...now, layout }));
  };
  const open = (path: readonly (string | number)[]) => {
    setShowsText(true);
    for (let depth = path.length; depth > 0; depth -= 1) {
      const number = lineOf(document, draft.text, path.slice(0, depth));
      if (number === undefined) continue;
      setLine({ number });
      return;
    }
  };

  useHotkeys([
    ["mod+Z", undo],
    ["mod+shift+Z", redo],
    ["mod+Y", redo],
    ["mod+D", duplicate],
  ]);

  const chosenNode =
    selection.nodes.length === 1 ? graph.nodes.find((node) => node.name === selection.nodes[0]) : undefined;
  const chosenLink =
    selection.nodes.length === 0 && selection.links.length === 1
      ? graph.links.find((one) => one.id === selection.links[0])
      : undefined;
  const nodePath = (node: FileNode) => [node.isNetwork ? "networks" : "nodes", node.name];

  return (
    <div className="editor">
      <div className="toolbar" role="toolbar" aria-label="Tools">
        {title}
        <Group gap={4} wrap="nowrap">
          <Tool label="Undo" isDisabled={!canUndo || isReadOnly} onClick={undo}>
            <IconArrowBackUp size={18} />
          </Tool>
          <Tool label="Redo" isDisabled={!canRedo || isReadOnly} onClick={redo}>
            <IconArrowForwardUp size={18} />
          </Tool>
          <Tool
            label="Duplicate the selected nodes"
            isDisabled={!mayDraw || selection.nodes.length === 0}
            onClick={duplicate}
          >
            <IconCopyPlus size={18} />
          </Tool>
          <Tool
            label="Lay out automatically"
            isDisabled={isReadOnly || drawing.nodes.length === 0}
            onClick={() => void arrange()}
          >
            <IconBinaryTree2 size={18} />
          </Tool>
          <Tool label={showsText ? "Hide the lab file" : "Show the lab file"} onClick={() => setShowsText(!showsText)}>
            <IconCode size={18} />
          </Tool>
        </Group>
        <FindNode
          names={[...new Set(drawing.nodes.map((node) => node.name))]}
          focus={focus}
          onFind={(found) => {
            setFocus(found);
            if (found !== undefined) setSelection({ nodes: [found], links: [] });
          }}
        />
        <span className="space" />
        {actions}
        <FileMenu
          name={name}
          text={draft.text}
          isReadOnly={isReadOnly}
          onText={(text) => change((now) => ({ ...now, text }))}
        />
      </div>
      <div className="panes">
        {!isReadOnly && <Palette isDisabled={!mayDraw} onPick={(kind) => place(kind)} />}
        <section className="canvas" aria-label="Drawing">
          {places === undefined ? (
            <Loading what="the drawing" />
          ) : (
            <ReactFlowProvider>
              <Graph
                nodes={drawing.nodes}
                links={drawing.links}
                places={places}
                selection={selection}
                focus={focus}
                onSelect={setSelection}
                {...(isReadOnly
                  ? {}
                  : {
                      onMove: (moved) => change((now) => ({ ...now, layout: { ...now.layout, ...moved } }), "move"),
                      onRemove: removeSelected,
                    })}
                {...(mayDraw ? { onLink: link, onPlace: place } : {})}
              />
            </ReactFlowProvider>
          )}
          {drawing.nodes.length === 0 && places !== undefined && (
            <div className="hint">
              <Empty title="Nothing drawn yet">
                <Text c="dimmed" ta="center" size="sm">
                  Drag a kind of node here, or press it on the left. Drag from the dot at a node's side to another node
                  to link them.
                </Text>
              </Empty>
            </div>
          )}
          {isBroken && (
            <Text className="stale" size="sm" role="status">
              The text is no YAML just now: the drawing shows it as it was.
            </Text>
          )}
          {(chosenNode !== undefined || chosenLink !== undefined) && (
            <aside className="panel" aria-label="Settings">
              <Group justify="space-between" mb="xs" wrap="nowrap">
                <Title order={2} size="h5">
                  {chosenNode === undefined ? "Link" : lookOf(chosenNode.kind).title}
                </Title>
                <CloseButton aria-label="Close the settings" onClick={() => setSelection(nothing)} />
              </Group>
              {chosenNode !== undefined && (
                <NodePanel
                  key={chosenNode.name}
                  node={chosenNode}
                  read={reading?.lab?.nodes.find((node) => node.name === chosenNode.name)}
                  graph={graph}
                  interfaces={interfacesOf(chosenNode, graph, pairing)}
                  isReadOnly={!mayDraw}
                  onRename={(to) => {
                    change((now) => {
                      const changed = readDocument(now.text);
                      renameNode(changed, chosenNode.name, to);
                      const { [chosenNode.name]: at, ...layout } = now.layout;
                      return {
                        text: printDocument(changed),
                        layout: at === undefined ? layout : { ...layout, [to]: at },
                      };
                    });
                    setSelection({ nodes: [to], links: [] });
                  }}
                  onSet={(path, value) =>
                    edit((changed) => {
                      namePorts(changed, chosenNode, graph, pairing, path);
                      setAt(changed, [...nodePath(chosenNode), ...path], value);
                    })
                  }
                  onLink={(other) => link(chosenNode.name, other)}
                  onRemove={() => removeSelected(selection)}
                  onOpen={(path) => open([...nodePath(chosenNode), ...path])}
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
                    open(
                      "link" in chosenLink.at
                        ? ["links", chosenLink.at.link, ...path]
                        : ["networks", chosenLink.at.network, ...path],
                    )
                  }
                />
              )}
            </aside>
          )}
        </section>
        {showsText && (
          <section className="text" aria-label="Lab file">
            <YamlPane
              text={draft.text}
              findings={reading?.findings ?? []}
              line={line}
              isReadOnly={isReadOnly}
              onChange={(text) => change((now) => ({ ...now, text }), "type")}
              onUndo={undo}
              onRedo={redo}
            />
            <Findings findings={reading?.findings} error={error} onOpen={(number) => setLine({ number })} />
          </section>
        )}
      </div>
    </div>
  );
}

function Tool({
  label,
  isDisabled = false,
  onClick,
  children,
}: {
  readonly label: string;
  readonly isDisabled?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Tooltip label={label} openDelay={400}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} disabled={isDisabled} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function Palette({ isDisabled, onPick }: { readonly isDisabled: boolean; readonly onPick: (kind: string) => void }) {
  return (
    <nav className="palette" aria-label="Kinds of nodes">
      {paletteKinds.map((kind) => {
        const { Icon, title } = lookOf(kind);
        return (
          <button
            key={kind}
            type="button"
            className="kind"
            disabled={isDisabled}
            draggable={!isDisabled}
            onDragStart={({ dataTransfer }) => {
              dataTransfer.setData("application/x-netwright-kind", kind);
              dataTransfer.effectAllowed = "copy";
            }}
            onClick={() => onPick(kind)}
            aria-label={`Add a ${title}`}
          >
            <Icon size={22} stroke={1.5} aria-hidden />
            <span>{title}</span>
          </button>
        );
      })}
    </nav>
  );
}

function FileMenu({
  name,
  text,
  isReadOnly,
  onText,
}: {
  readonly name: string;
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly onText: (text: string) => void;
}) {
  const reset = useRef<() => void>(null);
  const save = () => {
    const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
    const anchor = globalThis.document.createElement("a");
    anchor.href = url;
    anchor.download = `${name}.yaml`;
    anchor.click();
    URL.revokeObjectURL(url);
  };
  return (
    <FileButton
      accept=".yaml,.yml,text/yaml"
      resetRef={reset}
      onChange={(file) => {
        if (file === null) return;
        void file.text().then(onText);
        reset.current?.();
      }}
    >
      {({ onClick }) => (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button variant="default" size="xs" px={8} aria-label="More">
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconUpload size={16} />} disabled={isReadOnly} onClick={onClick}>
              Import a lab file
            </Menu.Item>
            <Menu.Item leftSection={<IconDownload size={16} />} onClick={save}>
              Export the lab file
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </FileButton>
  );
}

type Drawing = { readonly nodes: readonly NodeLook[]; readonly links: readonly DrawnLink[] };

function drawingOf(
  graph: FileGraph,
  pairing: ReturnType<typeof pairLinks>,
  reading: ReturnType<typeof useReading>["reading"],
): Drawing {
  const inFile = new Set(graph.nodes.map((node) => node.name));
  const wrong = new Set(
    (reading?.findings ?? []).flatMap(({ at, severity }) => {
      const [key, name] = at?.path?.split(".") ?? [];
      return severity === "error" && (key === "nodes" || key === "networks") && name !== undefined ? [name] : [];
    }),
  );
  const names = new Set([...inFile, ...(reading?.lab?.nodes ?? []).map((node) => node.name)]);
  return {
    nodes: [
      ...graph.nodes.map(({ name, kind }) => ({ name, kind, mayLink: true, hasProblem: wrong.has(name) })),
      // Made by `generate`: shown, and changed in the file.
      ...(reading?.lab?.nodes ?? [])
        .filter((node) => !inFile.has(node.name))
        .map(({ name, kind }) => ({ name, kind, mayLink: true, isFaint: true })),
    ],
    links: [
      ...graph.links
        .filter(({ a, b }) => names.has(a.node) && names.has(b.node))
        .map(({ id, a, b, settings }) => {
          const read = pairing.of.get(id);
          const had = (node: string) => [read?.a, read?.b].find((end) => end?.node === node)?.interface ?? "";
          return {
            id,
            a: a.node,
            b: b.node,
            aInterface: a.interface ?? had(a.node),
            bInterface: b.interface ?? had(b.node),
            isImpaired: settings["impairment"] !== undefined,
            words: "",
          };
        }),
      ...pairing.others
        .filter(({ a, b }) => !(inFile.has(a.node) && inFile.has(b.node)))
        .map(({ id, a, b }) => ({
          id: `made ${id}`,
          a: a.node,
          b: b.node,
          aInterface: a.interface,
          bInterface: b.interface,
          isImpaired: false,
          words: "",
        })),
    ],
  };
}

/** Of the file, and those that links make. */
function interfacesOf(
  node: FileNode,
  graph: FileGraph,
  pairing: ReturnType<typeof pairLinks>,
): readonly PanelInterface[] {
  const linked = graph.links.flatMap(({ id, a, b }): PanelInterface[] => {
    const read = pairing.of.get(id);
    const [own, other] = a.node === node.name ? [a, b] : b.node === node.name ? [b, a] : [];
    if (own === undefined || other === undefined) return [];
    const name = own.interface ?? [read?.a, read?.b].find((end) => end?.node === node.name)?.interface;
    return name === undefined ? [] : [{ name, to: other.node }];
  });
  const known = new Set(linked.map(({ name }) => name));
  const written = Object.keys((node.settings["interfaces"] ?? {}) as object).filter((name) => !known.has(name));
  return [...linked, ...written.map((name) => ({ name, to: undefined }))];
}

/**
 * A setting of a switch's port names the port: the link that made it has to name it too, or it would be
 * another port.
 */
function namePorts(
  document: LabDocument,
  node: FileNode,
  graph: FileGraph,
  pairing: ReturnType<typeof pairLinks>,
  path: readonly string[],
): void {
  const [key, port] = path;
  if (key !== "interfaces" || port === undefined) return;
  for (const link of graph.links) {
    const read = pairing.of.get(link.id);
    const isIt = (end: typeof link.a) =>
      end.node === node.name &&
      end.interface === undefined &&
      [read?.a, read?.b].some((one) => one?.node === node.name && one.interface === port);
    if (isIt(link.a)) setEnds(document, link, { ...link.a, interface: port }, link.b);
    else if (isIt(link.b)) setEnds(document, link, link.a, { ...link.b, interface: port });
  }
}

/** The first of 10.0.1.0/24, 10.0.2.0/24, … that the file does not speak of. */
function freeSubnet(text: string): string {
  for (let number = 1; number < 255; number += 1) if (!text.includes(`10.0.${number}.`)) return `10.0.${number}.0/24`;
  return "10.1.0.0/24";
}

/** Below what is there. */
function freePlace(places: Readonly<Record<string, { readonly x: number; readonly y: number }>>) {
  const all = Object.values(places);
  if (all.length === 0) return { x: 0, y: 0 };
  const row = Math.max(...all.map(({ y }) => y));
  const inRow = all.filter(({ y }) => y > row - 60);
  const right = Math.max(...inRow.map(({ x }) => x));
  return inRow.length < 5 ? { x: right + 150, y: row } : { x: Math.min(...all.map(({ x }) => x)), y: row + 120 };
}
