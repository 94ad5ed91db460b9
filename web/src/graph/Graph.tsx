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
  ReactFlow,
  useReactFlow,
} from "@xyflow/react";
import {
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Layout } from "../../../src/api/index.ts";
import { at, type DrawnLink, type Selection, useDrawn } from "./drawn.ts";
import { FarLinks } from "./FarLinks.tsx";
import { type GraphLink, LinkLine } from "./LinkLine.tsx";
import { type GraphNode, IsFar, NodeBox, type NodeLook, nodeSize } from "./NodeBox.tsx";
import { useSteadyHandlers } from "./steady.ts";
import { useInSight } from "./useInSight.ts";
import { useSelect } from "./useSelect.ts";
import { useDistance, useFit, useFitted, useNameSizes, whole } from "./useView.ts";

const nodeTypes = { node: NodeBox };
const edgeTypes = { link: LinkLine };

export type MenuTarget = {
  readonly of: "node" | "link" | "canvas";
  readonly id: string;
  /** In the window, in pixels. */
  readonly x: number;
  readonly y: number;
};

const none: GraphLink[] = [];
const nowhere: Layout = {};
const viewport = { x: 40, y: 40, zoom: 1 };
const selectKeys = ["Shift", "Control", "Meta"];
const words = { "node.a11yDescription.default": "Enter selects it. Arrow keys move it." };
const hidesCredit = { hideAttribution: true };

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
  const { isLarge, isFar, isWhole, setPlaced } = useDistance(nodes.length, places);
  const sizes = useNameSizes(isLarge);
  // Who begins with nothing would see the first node jump into the middle.
  const startsFull = useRef(nodes.length > 0);
  const fit = useFit();
  const setMoved = useFitted(startsFull.current, fit, useInSight(isStill));
  const { latest, select } = useSelect(selection, onSelect);
  const [dragged, setDragged] = useState(nowhere);
  const moved = useMemo(
    () =>
      dragged === nowhere
        ? drawn.nodes
        : drawn.nodes.map((node) => {
            const place = dragged[node.id];
            return place === undefined ? node : { ...node, ...at(place) };
          }),
    [drawn.nodes, dragged],
  );
  useEffect(() => {
    if (focus === undefined) return;
    setMoved(true);
    const show = () => void flow.fitView({ nodes: [{ id: focus }], maxZoom: 1.2, duration: isStill ? 0 : 200 });
    // In the second frame from now the picture is as large as it will be beside a panel that opens.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(show);
    });
    return () => cancelAnimationFrame(frame);
  }, [focus, flow, isStill, setMoved]);
  const menu = (of: MenuTarget["of"], id: string, event: MouseEvent | globalThis.MouseEvent) => {
    if (onMenu === undefined) return;
    event.preventDefault();
    onMenu({ of, id, x: event.clientX, y: event.clientY });
  };
  const handlers = useSteadyHandlers({
    onInit: () => {
      requestAnimationFrame(() => {
        setPlaced(true);
        if (startsFull.current) void fit(true);
      });
    },
    onMoveEnd: (event: globalThis.MouseEvent | TouchEvent | null) => {
      if (event !== null) setMoved(true);
    },
    onEdgesChange: (changes: EdgeChange<GraphLink>[]) => select("links", changes),
    onNodesChange: (changes: NodeChange<GraphNode>[]) => {
      select("nodes", changes);
      const moves = changes.flatMap((change) =>
        change.type === "position" && change.position !== undefined ? [{ ...change, to: change.position }] : [],
      );
      if (moves.length === 0) return;
      const to: Layout = Object.fromEntries(moves.map(({ id, to }) => [id, to]));
      if (moves.some(({ dragging }) => dragging)) setDragged((known) => ({ ...known, ...to }));
      else {
        setDragged(nowhere);
        onMove?.(rounded(to));
      }
    },
    onConnect: ({ source, target }: { readonly source: string; readonly target: string }) => {
      if (source !== target) onLink?.(source, target);
    },
    onNodeDoubleClick: (_: MouseEvent, { id }: GraphNode) => onOpen?.(id),
    onNodeContextMenu: (event: MouseEvent, { id }: GraphNode) => menu("node", id, event),
    onEdgeContextMenu: (event: MouseEvent, { id }: GraphLink) => menu("link", id, event),
    onPaneContextMenu: (event: MouseEvent | globalThis.MouseEvent) => menu("canvas", "", event),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Delete" && event.key !== "Backspace") return;
      if ((event.target as Element).closest("input, textarea") === null) onRemove?.(latest.current);
    },
    onDragOver: (event: DragEvent) => {
      if (onPlace === undefined) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    },
    onDrop: (event: DragEvent) => {
      const what = event.dataTransfer.getData("application/x-netwright-kind");
      if (what === "" || onPlace === undefined) return;
      event.preventDefault();
      const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      onPlace(what, { x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 });
    },
  });
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
    <div className="graph" style={sizes} data-far={isFar || undefined} onKeyDown={openByKey}>
      <IsFar value={isFar}>
        <ReactFlow<GraphNode, GraphLink>
          {...handlers}
          nodes={moved}
          edges={isFar ? none : drawn.edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={scheme}
          minZoom={0.05}
          maxZoom={2.5}
          fitView={startsFull.current}
          defaultViewport={viewport}
          fitViewOptions={whole}
          onlyRenderVisibleElements={isLarge}
          nodesConnectable={onLink !== undefined}
          nodesDraggable={onMove !== undefined}
          deleteKeyCode={null}
          selectionKeyCode="Shift"
          multiSelectionKeyCode={selectKeys}
          elevateEdgesOnSelect={false}
          proOptions={hidesCredit}
          ariaLabelConfig={words}
        >
          {isFar && <FarLinks links={links} places={dragged} known={places} />}
          {!isLarge && <Background gap={24} size={1} />}
          <Controls
            showInteractive={false}
            onFitView={() => {
              setMoved(false);
              void fit();
            }}
            onZoomIn={() => setMoved(true)}
            onZoomOut={() => setMoved(true)}
          />
          {/* A map of what is in sight would show it twice, and take as long to draw as the picture. */}
          {isLarge && !isWhole && <MiniMap pannable zoomable nodeStrokeWidth={0} onClick={() => setMoved(true)} />}
          {children}
        </ReactFlow>
      </IsFar>
    </div>
  );
}

const rounded = (places: Layout): Layout =>
  Object.fromEntries(Object.entries(places).map(([id, { x, y }]) => [id, { x: Math.round(x), y: Math.round(y) }]));
