import { useReactFlow } from "@xyflow/react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import { isInside, type Point } from "./inside.ts";
import { nodeSize } from "./NodeBox.tsx";

/** Between two points of the line, in pixels. */
const leastStep = 4;

/** Over the picture: a line is drawn around nodes, by mouse, finger or pen, and what is inside is chosen. */
export function Lasso({
  places,
  onChoose,
  onEnd,
}: {
  readonly places: Layout;
  readonly onChoose: (nodes: readonly string[]) => void;
  readonly onEnd: () => void;
}) {
  const { screenToFlowPosition } = useReactFlow();
  const [line, setLine] = useState<readonly Point[]>([]);
  const area = useRef<HTMLDivElement>(null);
  const end = useEffectEvent(onEnd);
  useEffect(() => {
    const leave = ({ key }: KeyboardEvent) => {
      if (key === "Escape") end();
    };
    window.addEventListener("keydown", leave);
    return () => window.removeEventListener("keydown", leave);
  }, []);
  const finish = () => {
    const box = area.current?.getBoundingClientRect();
    if (box === undefined || line.length < 3) {
      setLine([]);
      return;
    }
    const outline = line.map(({ x, y }) => screenToFlowPosition({ x: x + box.x, y: y + box.y }, { snapToGrid: false }));
    const chosen = Object.entries(places).flatMap(([name, { x, y }]) =>
      isInside({ x: x + nodeSize.width / 2, y: y + nodeSize.height / 2 }, outline) ? [name] : [],
    );
    setLine([]);
    onChoose(chosen);
    onEnd();
  };
  return (
    <div
      ref={area}
      className="lasso nopan nodrag nowheel"
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        setLine([inside(event)]);
      }}
      onPointerMove={(event) => {
        const last = line.at(-1);
        if (last === undefined) return;
        const next = inside(event);
        if (Math.hypot(next.x - last.x, next.y - last.y) >= leastStep) setLine([...line, next]);
      }}
      onPointerUp={finish}
      onPointerCancel={() => setLine([])}
    >
      <svg aria-hidden="true">
        {line.length > 1 && <path d={`M${line.map(({ x, y }) => `${x},${y}`).join("L")}Z`} />}
      </svg>
    </div>
  );
}

function inside(event: { readonly clientX: number; readonly clientY: number; readonly currentTarget: Element }): Point {
  const box = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - box.x, y: event.clientY - box.y };
}
