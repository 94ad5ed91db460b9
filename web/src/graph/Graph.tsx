import "@xyflow/react/dist/style.css";
import "./graph.css";
import { useComputedColorScheme } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import {
  Background,
  Controls,
  type EdgeChange,
  MiniMap,
  type NodeChange,
  Position,
  ReactFlow,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import { FarLinks } from "./FarLinks.tsx";
import { type GraphLink, LinkLine, linkLabel } from "./LinkLine.tsx";
import { type GraphNode, NodeBox, type NodeLook, nodeLabel, nodeSize } from "./NodeBox.tsx";

const nodeTypes = { node: NodeBox };
const edgeTypes = { link: LinkLine };

export type DrawnLink = Omit<GraphLink["data"] & object, "lane" | "showsNames"> & { readonly id: string };

export type Selection = { readonly nodes: readonly string[]; readonly links: readonly string[] };

export type MenuTarget = {
  readonly of: "node" | "link" | "canvas";
  readonly id: string;
  /** In the window, in pixels. */
  readonly x: number;
  readonly y: number;
};

const handles: NonNullable<GraphNode["handles"]> = [
  { id: "in", type: "target", position: Position.Top, x: 0, y: 0, ...nodeSize },
  {
    id: "out",
    type: "source",
    position: Position.Right,
    x: nodeSize.width - 7,
    y: nodeSize.height / 2 - 7,
    width: 14,
    height: 14,
  },
];

/** More than this many links have no names of interfaces at their ends, until one is selected. */
const mostNamed = 80;
const largeNodes = 150;
/** Of a large topology, seen from further away than this, links are drawn all together, and nodes without their names. */
const farZoom = 0.4;
const none: GraphLink[] = [];

/** A topology as a picture: to look at, to move, to select in, and where it may be changed, to link in. */
export function Graph({
  nodes,
  links,
  places,
  selection,
  onSelect,
  onMove,
  onLink,
  onRemove,
  onMenu,
  onPlace,
  onOpen,
  focus,
  children,
}: {
  readonly nodes: readonly NodeLook[];
  readonly links: readonly DrawnLink[];
  readonly places: Layout;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly onMove?: (places: Layout) => void;
  readonly onLink?: (a: string, b: string) => void;
  readonly onRemove?: (selection: Selection) => void;
  readonly onMenu?: (target: MenuTarget) => void;
  /** Something was dropped from the palette. */
  readonly onPlace?: (what: string, at: { readonly x: number; readonly y: number }) => void;
  readonly onOpen?: (node: string) => void;
  /** A node to bring into the picture. */
  readonly focus?: string | undefined;
  readonly children?: ReactNode;
}) {
  const scheme = useComputedColorScheme("light");
  const isStill = useReducedMotion();
  const flow = useReactFlow<GraphNode, GraphLink>();
  const drawn = useDrawn(nodes, links, places, selection);
  const [dragged, setDragged] = useState<Layout>({});
  const moved = useMemo(
    () =>
      Object.keys(dragged).length === 0
        ? drawn.nodes
        : drawn.nodes.map((node) => {
            const at = dragged[node.id];
            return at === undefined ? node : { ...node, position: at };
          }),
    [drawn.nodes, dragged],
  );
  const isLarge = nodes.length > largeNodes;
  // Until all of it is in the picture: links that would be drawn for nothing take most of the time.
  const [isPlaced, setPlaced] = useState(false);
  const isNear = useStore(({ transform }) => transform[2] >= farZoom);
  const isFar = isLarge && !(isNear && isPlaced);
  const bounds = useMemo(() => (isLarge ? boundsOf(places) : undefined), [isLarge, places]);
  // A map of what is in sight would show it twice, and take as long to draw as the picture.
  const isWhole = useStore(
    ({ transform: [x, y, zoom], width, height }) =>
      bounds === undefined ||
      (bounds.left * zoom + x >= 0 &&
        bounds.top * zoom + y >= 0 &&
        bounds.right * zoom + x <= width &&
        bounds.bottom * zoom + y <= height),
  );
  // Who begins with nothing would see the first node jump into the middle.
  const startsFull = useRef(nodes.length > 0);
  const report = useRef(selection);
  report.current = selection;
  /** Changes of nodes and of links come one after the other, before either is drawn. */
  const select = (of: "nodes" | "links", changes: readonly (NodeChange<GraphNode> | EdgeChange<GraphLink>)[]) => {
    const chosen = new Set(report.current[of]);
    for (const change of changes) {
      if (change.type !== "select") continue;
      if (change.selected) chosen.add(change.id);
      else chosen.delete(change.id);
    }
    const next = { ...report.current, [of]: [...chosen] };
    if (sameSelection(next, report.current)) return;
    report.current = next;
    onSelect(next);
  };
  useEffect(() => {
    if (focus === undefined) return;
    void flow.fitView({ nodes: [{ id: focus }], maxZoom: 1.2, duration: isStill ? 0 : 200 });
  }, [focus, flow, isStill]);
  const menu = (of: MenuTarget["of"], id: string) => (event: MouseEvent | globalThis.MouseEvent) => {
    if (onMenu === undefined) return;
    event.preventDefault();
    onMenu({ of, id, x: event.clientX, y: event.clientY });
  };
  // The key for menus, and Shift+F10, which keyboards without one have.
  const openByKey = (event: KeyboardEvent) => {
    if (onMenu === undefined || !(event.key === "ContextMenu" || (event.shiftKey && event.key === "F10"))) return;
    const focused = (event.target as Element).closest<HTMLElement>(".react-flow__node, .react-flow__edge");
    const id = focused?.dataset["id"];
    if (focused === null || id === undefined) return;
    event.preventDefault();
    const box = focused.getBoundingClientRect();
    const of = focused.classList.contains("react-flow__node") ? "node" : "link";
    // After the key: what it opens would take the rest of it for its own, and close.
    setTimeout(() => onMenu({ of, id, x: box.x + box.width / 2, y: box.y + box.height / 2 }));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that nodes and links in it hand up
    <div className="graph" data-far={isFar || undefined} onKeyDown={openByKey}>
      <ReactFlow<GraphNode, GraphLink>
        nodes={moved}
        edges={isFar ? none : drawn.edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={scheme}
        minZoom={0.05}
        maxZoom={2.5}
        fitView={startsFull.current}
        defaultViewport={{ x: 40, y: 40, zoom: 1 }}
        fitViewOptions={{ maxZoom: 1.1, padding: 0.15 }}
        onlyRenderVisibleElements={isLarge}
        nodesConnectable={onLink !== undefined}
        nodesDraggable={onMove !== undefined}
        deleteKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Shift", "Control", "Meta"]}
        elevateEdgesOnSelect={false}
        proOptions={{ hideAttribution: true }}
        onInit={() => requestAnimationFrame(() => setPlaced(true))}
        onEdgesChange={(changes) => select("links", changes)}
        onNodesChange={(changes) => {
          select("nodes", changes);
          const places = changes.flatMap((change) =>
            change.type === "position" && change.position !== undefined
              ? [[change.id, change.position, change.dragging] as const]
              : [],
          );
          if (places.length === 0) return;
          const at = Object.fromEntries(places.map(([id, position]) => [id, position]));
          if (places.some(([, , isDragging]) => isDragging)) setDragged((known) => ({ ...known, ...at }));
          else {
            setDragged({});
            onMove?.(rounded(at));
          }
        }}
        onConnect={({ source, target }) => {
          if (source !== target) onLink?.(source, target);
        }}
        onNodeDoubleClick={(_, { id }) => onOpen?.(id)}
        onNodeContextMenu={(event, { id }) => menu("node", id)(event)}
        onEdgeContextMenu={(event, { id }) => menu("link", id)(event)}
        onPaneContextMenu={(event) => menu("canvas", "")(event)}
        onKeyDown={(event) => {
          if (event.key !== "Delete" && event.key !== "Backspace") return;
          if ((event.target as Element).closest("input, textarea") === null) onRemove?.(report.current);
        }}
        onDragOver={(event) => {
          if (onPlace === undefined) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
        }}
        onDrop={(event) => {
          const what = event.dataTransfer.getData("application/x-netwright-kind");
          if (what === "" || onPlace === undefined) return;
          event.preventDefault();
          const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
          onPlace(what, { x: at.x - nodeSize.width / 2, y: at.y - nodeSize.height / 2 });
        }}
        ariaLabelConfig={{ "node.a11yDescription.default": "Enter selects it. Arrow keys move it." }}
      >
        {isFar && <FarLinks links={links} places={dragged} known={places} />}
        {!isLarge && <Background gap={24} size={1} />}
        <Controls showInteractive={false} />
        {isLarge && !isWhole && <MiniMap pannable zoomable nodeStrokeWidth={0} />}
        {children}
      </ReactFlow>
    </div>
  );
}

/** Of all nodes, in the picture's own measure. */
function boundsOf(places: Layout) {
  const bounds = { left: 0, top: 0, right: 0, bottom: 0 };
  const all = Object.values(places);
  const [first] = all;
  if (first !== undefined) Object.assign(bounds, { left: first.x, top: first.y, right: first.x, bottom: first.y });
  for (const { x, y } of all) {
    bounds.left = Math.min(bounds.left, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.right = Math.max(bounds.right, x + nodeSize.width);
    bounds.bottom = Math.max(bounds.bottom, y + nodeSize.height);
  }
  return bounds;
}

const rounded = (places: Layout): Layout =>
  Object.fromEntries(Object.entries(places).map(([id, { x, y }]) => [id, { x: Math.round(x), y: Math.round(y) }]));

const sameSelection = (one: Selection, other: Selection): boolean =>
  one.nodes.length === other.nodes.length &&
  one.links.length === other.links.length &&
  one.nodes.every((id) => other.nodes.includes(id)) &&
  one.links.every((id) => other.links.includes(id));

/** What is drawn. Nodes and links that are as they were stay the same objects, and are not drawn again. */
function useDrawn(
  nodes: readonly NodeLook[],
  links: readonly DrawnLink[],
  places: Layout,
  selection: Selection,
): { readonly nodes: GraphNode[]; readonly edges: GraphLink[] } {
  const before = useRef({
    nodes: new Map<string, GraphNode>(),
    edges: new Map<string, GraphLink>(),
    drawn: { nodes: [] as GraphNode[], edges: [] as GraphLink[] },
  });
  /** What each was made of. */
  const [made] = useState(() => new WeakMap<GraphLink, DrawnLink>());
  const chosen = { nodes: new Set(selection.nodes), links: new Set(selection.links) };
  const drawnNodes = nodes.map((data): GraphNode => {
    const position = places[data.name] ?? { x: 0, y: 0 };
    const selected = chosen.nodes.has(data.name);
    const known = before.current.nodes.get(data.name);
    if (
      known !== undefined &&
      known.selected === selected &&
      (known.position === position || same(known.position, position)) &&
      (known.data === data || same(known.data, data))
    )
      return known;
    return {
      id: data.name,
      type: "node",
      position,
      data,
      selected,
      width: nodeSize.width,
      height: nodeSize.height,
      measured: nodeSize,
      // Known beforehand: nothing needs measuring, and links can be drawn with the first picture.
      handles,
      ariaLabel: nodeLabel(data),
      domAttributes: { "aria-roledescription": "node" },
    };
  });
  const lanes = useMemo(() => lanesOf(links), [links]);
  const namesAll = links.length <= mostNamed;
  const edges = links.map((drawn): GraphLink => {
    const { id } = drawn;
    const selected = chosen.links.has(id);
    const isNear = chosen.nodes.has(drawn.a) || chosen.nodes.has(drawn.b);
    const [lane, showsNames] = [lanes.get(id) ?? 0, namesAll || selected || isNear];
    const known = before.current.edges.get(id);
    if (
      known !== undefined &&
      known.selected === selected &&
      made.get(known) === drawn &&
      known.data?.lane === lane &&
      known.data.showsNames === showsNames
    )
      return known;
    const { id: _, ...link } = drawn;
    const data = { ...link, lane, showsNames };
    if (known !== undefined && known.selected === selected && same(known.data, data)) {
      made.set(known, drawn);
      return known;
    }
    const fresh: GraphLink = {
      id,
      type: "link",
      source: link.a,
      target: link.b,
      data,
      selected,
      ariaLabel: linkLabel(data),
      domAttributes: { "aria-roledescription": "link" } as NonNullable<GraphLink["domAttributes"]>,
    };
    made.set(fresh, drawn);
    return fresh;
  });
  const last = before.current.drawn;
  // The same list, when all that is in it is the same: what is made of it is not made again.
  const now = { nodes: sameItems(last.nodes, drawnNodes), edges: sameItems(last.edges, edges) };
  before.current = {
    nodes: now.nodes === last.nodes ? before.current.nodes : new Map(drawnNodes.map((node) => [node.id, node])),
    edges: now.edges === last.edges ? before.current.edges : new Map(edges.map((edge) => [edge.id, edge])),
    drawn: now,
  };
  return now;
}

const sameItems = <Item,>(before: Item[], now: Item[]): Item[] =>
  before.length === now.length && now.every((item, index) => item === before[index]) ? before : now;

function same(one: object | undefined, other: object): boolean {
  if (one === undefined) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  const values = new Map(left);
  return left.length === right.length && right.every(([key, value]) => values.get(key) === value);
}

/** Beside each other, around the middle, for links of the same two nodes. */
function lanesOf(links: readonly DrawnLink[]): ReadonlyMap<string, number> {
  const groups = Map.groupBy(links, ({ a, b }) => [a, b].toSorted().join("\n"));
  return new Map(
    [...groups.values()].flatMap((group) =>
      group.map(({ id }, index) => [id, index - (group.length - 1) / 2] as const),
    ),
  );
}
