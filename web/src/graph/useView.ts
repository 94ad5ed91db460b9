import {
  type FitViewOptions,
  getViewportForBounds,
  type Rect,
  useReactFlow,
  useStore,
  useStoreApi,
  type Viewport,
} from "@xyflow/react";
import { type CSSProperties, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import { nodeSize } from "./NodeBox.tsx";

/** More nodes than this are a large topology. */
const mostInFull = 150;
/** Of a large topology, seen from further away than this, links are drawn all together, and nodes without their names. */
const farZoom = 0.4;

/** Beside the picture are the buttons that zoom it. */
const padding = { x: "56px", y: "20px" } as const;
export const whole = { minZoom: 0.05, maxZoom: 1.1, padding } as const satisfies FitViewOptions;
/** Below what lies over the top of the picture. */
const belowTools = 12;

/**
 * Fits all that is drawn into the picture: nodes, and the notes and groups around them; where one would be under the tools
 * at the top, below them.
 *
 * @returns to be called with whether the nodes are in it already
 */
export function useFit(): (hasNodes?: boolean) => Promise<void> {
  const flow = useReactFlow();
  const store = useStoreApi();
  return useCallback(
    async (hasNodes = false) => {
      if (!hasNodes) await flow.fitView(whole);
      const { domNode, width, height } = store.getState();
      if (domNode === null || flow.getNodes().length === 0) return;
      const marks = [...domNode.querySelectorAll(".note-box, .group-frame")].map((mark): Rect => {
        const { left, top, right, bottom } = mark.getBoundingClientRect();
        const [from, to] = [
          { x: left, y: top },
          { x: right, y: bottom },
        ].map((corner) => flow.screenToFlowPosition(corner, { snapToGrid: false }));
        const { x, y } = from ?? { x: 0, y: 0 };
        return { x, y, width: (to?.x ?? 0) - x, height: (to?.y ?? 0) - y };
      });
      const all = around([flow.getNodesBounds(flow.getNodes()), ...marks]);
      const viewOf = (pad: Parameters<typeof getViewportForBounds>[5]) =>
        getViewportForBounds(all, width, height, whole.minZoom, whole.maxZoom, pad);
      const view = viewOf(padding);
      const tools = toolsOver(domNode);
      const isCovered = tools.some((tool) => flow.getIntersectingNodes(seenFrom(view, tool)).length > 0);
      const top = Math.max(0, ...tools.map((tool) => tool.y + tool.height)) + belowTools;
      if (isCovered) await flow.setViewport(viewOf({ x: padding.x, top: `${top}px`, bottom: padding.y }));
      else if (marks.length > 0) await flow.setViewport(view);
    },
    [flow, store],
  );
}

/** Names are no smaller than this, in pixels of the screen, as long as they have room. */
const leastName = 11;
/** Of names and of words at links, in the picture's own measure. */
const names = { least: 12, most: 22 } as const;
const words = { least: 10.5, most: 12 } as const;

/** How large names are written, so that they can be read from further away; of a large topology always the same. */
export function useNameSizes(isLarge: boolean): CSSProperties {
  const wanted = useStore(({ transform }) =>
    isLarge ? names.least : Math.min(names.most, Math.max(names.least, Math.ceil(leastName / transform[2]))),
  );
  return useMemo(
    () =>
      ({
        "--name-size": `${wanted}px`,
        "--word-size": `${Math.min(words.most, (wanted / names.least) * words.least)}px`,
      }) as CSSProperties,
    [wanted],
  );
}

/** What lies over the top of a picture, by its corner. */
function toolsOver(picture: HTMLElement): readonly Rect[] {
  const { left, top } = picture.getBoundingClientRect();
  return [...(picture.closest(".picture")?.querySelectorAll(".live-tools > *") ?? [])].flatMap((tool) => {
    const { x, y, width, height } = tool.getBoundingClientRect();
    return width === 0 ? [] : [{ x: x - left, y: y - top, width, height }];
  });
}

const seenFrom = ({ x, y, zoom }: Viewport, box: Rect): Rect => ({
  x: (box.x - x) / zoom,
  y: (box.y - y) / zoom,
  width: box.width / zoom,
  height: box.height / zoom,
});

function around(boxes: readonly Rect[]): Rect {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - x;
  return { x, y, width, height: Math.max(...boxes.map((box) => box.y + box.height)) - y };
}

/** How far away a topology is seen from, and whether all of it is in the picture. */
export function useDistance(count: number, places: Layout) {
  const isLarge = count > mostInFull;
  // Until all of it is in the picture: links that would be drawn for nothing take most of the time.
  const [isPlaced, setPlaced] = useState(false);
  const isNear = useStore(({ transform }) => transform[2] >= farZoom);
  const bounds = useMemo(() => (isLarge ? boundsOf(places) : undefined), [isLarge, places]);
  const isWhole = useStore(
    ({ transform: [x, y, zoom], width, height }) =>
      bounds === undefined ||
      (bounds.left * zoom + x >= 0 &&
        bounds.top * zoom + y >= 0 &&
        bounds.right * zoom + x <= width &&
        bounds.bottom * zoom + y <= height),
  );
  return { isLarge, isFar: isLarge && !(isNear && isPlaced), isWhole, setPlaced };
}

/**
 * Where the window gets another size, the picture is fitted into it again, unless somebody has moved it.
 *
 * @returns to be called when somebody moves the picture, or has it fitted
 */
export function useFitted(
  isFitted: boolean,
  fitAll: () => Promise<void>,
  keepInSight: (stays: boolean) => void,
): (isMoved: boolean) => void {
  const isMoved = useRef(!isFitted);
  const size = useStore(({ width, height }) => `${width} ${height}`);
  const window_ = useRef(windowSize());
  const fit = useEffectEvent(() => {
    // Panels that open beside the picture leave it where it is, but what is selected in sight.
    const stays = isMoved.current || windowSize() === window_.current;
    window_.current = windowSize();
    keepInSight(stays);
    if (!stays) void fitAll();
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the picture, which follows the window's
  useEffect(fit, [size]);
  return useCallback((moved) => {
    isMoved.current = moved;
  }, []);
}

const windowSize = (): string => `${window.innerWidth} ${window.innerHeight}`;

/** Of all nodes, in the picture's own measure. */
function boundsOf(places: Layout) {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of Object.values(places)) {
    bounds.left = Math.min(bounds.left, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.right = Math.max(bounds.right, x + nodeSize.width);
    bounds.bottom = Math.max(bounds.bottom, y + nodeSize.height);
  }
  return bounds;
}
