import { useStore } from "@xyflow/react";
import type { ReactNode } from "react";
import { nodeSize } from "./NodeBox.tsx";

/** Around a group's nodes, with room for its title. */
const margin = { side: 18, top: 34 } as const;

/** A frame around nodes, wherever they are moved to. */
export function GroupFrame({
  nodes,
  isSelected = false,
  children,
}: {
  readonly nodes: readonly string[];
  readonly isSelected?: boolean;
  /** What stands above them. */
  readonly children: ReactNode;
}) {
  // As a text, so that it is drawn again only when the frame is another.
  const frame = useStore(({ nodeLookup }) => {
    const at = nodes.flatMap((name) => nodeLookup.get(name)?.internals.positionAbsolute ?? []);
    if (at.length === 0) return "";
    const xs = at.map(({ x }) => x);
    const ys = at.map(({ y }) => y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].join(" ");
  });
  if (frame === "") return null;
  const [left = 0, top = 0, right = 0, bottom = 0] = frame.split(" ").map(Number);
  return (
    <div
      className="group-frame"
      data-selected={isSelected || undefined}
      style={{
        transform: `translate(${left - margin.side}px, ${top - margin.top}px)`,
        width: right - left + nodeSize.width + 2 * margin.side,
        height: bottom - top + nodeSize.height + margin.top + margin.side,
      }}
    >
      {children}
    </div>
  );
}
