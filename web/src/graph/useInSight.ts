import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback, useRef } from "react";
import { shiftInto } from "./inside.ts";

const milliseconds = 200;

/**
 * Keeps what is selected in sight where the picture gets smaller, as when a panel opens beside it. The picture is moved
 * no further than needed, and not at all for what was out of sight before.
 *
 * @returns to be called whenever the picture has another size, with whether it stays where it is
 */
export function useInSight(isStill: boolean): (stays: boolean) => void {
  const flow = useReactFlow();
  const store = useStoreApi();
  const before = useRef({ width: 0, height: 0 });
  return useCallback(
    (stays) => {
      const { domNode, width, height } = store.getState();
      const last = before.current;
      before.current = { width, height };
      if (!stays || domNode === null || (width >= last.width && height >= last.height)) return;
      const [selected, another] = domNode.querySelectorAll("[data-selected]");
      if (selected === undefined || another !== undefined) return;
      const [box, picture] = [selected.getBoundingClientRect(), domNode.getBoundingClientRect()];
      const [x, y] = [box.left - picture.left, box.top - picture.top];
      if (x > last.width || y > last.height || x + box.width < 0 || y + box.height < 0) return;
      const dx = shiftInto(x, box.width, width);
      const dy = shiftInto(y, box.height, height);
      if (dx === 0 && dy === 0) return;
      const view = flow.getViewport();
      void flow.setViewport(
        { ...view, x: view.x + dx, y: view.y + dy },
        { duration: isStill ? 0 : milliseconds, interpolate: "linear" },
      );
    },
    [flow, store, isStill],
  );
}
