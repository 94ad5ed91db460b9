import { useRef } from "react";
import type { Seam } from "./panes.ts";

/** What one step of a key moves a seam by. */
const step = 0.05;

/** The edges between panes, to be dragged, or moved by arrow keys. */
export function Seams({
  seams,
  onMove,
}: {
  readonly seams: readonly Seam[];
  readonly onMove: (path: readonly number[], index: number, by: number) => void;
}) {
  const last = useRef(0);
  return seams.map(({ path, index, direction, rect, whole }) => {
    const isBeside = direction === "beside";
    const at = (event: { readonly clientX: number; readonly clientY: number }) =>
      isBeside ? event.clientX : event.clientY;
    return (
      <hr
        key={`${path.join(".")}-${index}`}
        className="seam"
        data-direction={direction}
        tabIndex={0}
        aria-orientation={isBeside ? "vertical" : "horizontal"}
        aria-label="Edge between panes"
        aria-valuenow={Math.round(isBeside ? rect.left : rect.top)}
        style={
          isBeside
            ? { left: `${rect.left}%`, top: `${rect.top}%`, height: `${rect.height}%` }
            : { left: `${rect.left}%`, top: `${rect.top}%`, width: `${rect.width}%` }
        }
        onKeyDown={({ key }) => {
          if (key === (isBeside ? "ArrowLeft" : "ArrowUp")) onMove(path, index, -step);
          if (key === (isBeside ? "ArrowRight" : "ArrowDown")) onMove(path, index, step);
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          last.current = at(event);
        }}
        onPointerMove={(event) => {
          const panel = event.currentTarget.parentElement;
          if (panel === null || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
          const size = isBeside ? (panel.clientWidth * whole.width) / 100 : (panel.clientHeight * whole.height) / 100;
          const by = (at(event) - last.current) / size;
          if (Math.abs(by) < 0.005) return;
          last.current = at(event);
          onMove(path, index, by);
        }}
      />
    );
  });
}
