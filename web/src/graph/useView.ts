import { type FitViewOptions, useReactFlow, useStore } from "@xyflow/react";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import { nodeSize } from "./NodeBox.tsx";

/** More nodes than this are a large topology. */
const mostInFull = 150;
/** Of a large topology, seen from further away than this, links are drawn all together, and nodes without their names. */
const farZoom = 0.4;

export const whole: FitViewOptions = { maxZoom: 1.1, padding: 0.15 };

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
export function useFitted(isFitted: boolean): (isMoved: boolean) => void {
  const flow = useReactFlow();
  const isMoved = useRef(!isFitted);
  const size = useStore(({ width, height }) => `${width} ${height}`);
  const window_ = useRef(windowSize());
  const fit = useEffectEvent(() => {
    // Panels that open beside the picture leave it where it is.
    if (windowSize() === window_.current) return;
    window_.current = windowSize();
    if (!isMoved.current) void flow.fitView(whole);
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
