import { ViewportPortal } from "@xyflow/react";
import { memo } from "react";
import type { Layout } from "../../../src/api/index.ts";
import type { DrawnLink } from "./drawn.ts";
import { nodeSize } from "./NodeBox.tsx";

export type Group = { readonly name: string; readonly nodes: readonly string[] };

const colours = ["blue", "grape", "teal", "orange", "pink", "lime", "cyan", "red"] as const;
const around = 108;
const edge = 5;

/** Which nodes belong together, as shapes around them and their links, each with its name, whatever its colour. */
export const Groups = memo(function Groups({
  groups,
  links,
  places,
}: {
  readonly groups: readonly Group[];
  readonly links: readonly DrawnLink[];
  readonly places: Layout;
}) {
  return (
    <ViewportPortal>
      <svg className="groups" aria-hidden="true">
        {groups.map(({ name, nodes }, index) => {
          const path = shapeOf(nodes, links, places);
          const top = nodes
            .flatMap((node) => places[node] ?? [])
            .toSorted((a, b) => a.y - b.y || a.x - b.x)
            .at(0);
          if (top === undefined) return null;
          const colour = `var(--mantine-color-${colours[index % colours.length]}-6)`;
          return (
            <g key={name} style={{ "--group": colour } as React.CSSProperties}>
              <path d={path} className="group-edge" strokeWidth={around + edge} />
              <path d={path} className="group-ground" strokeWidth={around} />
              <path d={path} className="group-tint" strokeWidth={around} />
              <text x={top.x + nodeSize.width / 2} y={top.y - 12} className="group-name">
                {name}
              </text>
            </g>
          );
        })}
      </svg>
    </ViewportPortal>
  );
});

/** A point at each node, and a line along each link between two of them: drawn thick, they are one shape. */
function shapeOf(nodes: readonly string[], links: readonly DrawnLink[], places: Layout): string {
  const inside = new Set(nodes);
  const at = (name: string) => {
    const place = places[name];
    return place === undefined ? undefined : `${place.x + nodeSize.width / 2},${place.y + nodeSize.height / 2}`;
  };
  const points = nodes.flatMap((name) => {
    const point = at(name);
    return point === undefined ? [] : [`M${point}l0.01,0`];
  });
  const lines = links.flatMap(({ a, b }) => {
    const [from, to] = [at(a), at(b)];
    return inside.has(a) && inside.has(b) && from !== undefined && to !== undefined ? [`M${from}L${to}`] : [];
  });
  return [...points, ...lines].join("");
}
