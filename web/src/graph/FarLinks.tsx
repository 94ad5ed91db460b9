import { ViewportPortal } from "@xyflow/react";
import { memo, useMemo } from "react";
import type { Layout } from "../../../src/api/index.ts";
import type { DrawnLink } from "./drawn.ts";
import { nodeSize } from "./NodeBox.tsx";

const looks = ["plain", "up", "impaired", "cut"] as const;
type Look = (typeof looks)[number];

function lookOf({ state, isImpaired, isBlocked }: DrawnLink): Look {
  if (state === "down" || isBlocked === true) return "cut";
  if (isImpaired) return "impaired";
  return state === "up" ? "up" : "plain";
}

/** All links of a large topology that is seen as a whole: one path for all that look alike, which thousands cost nothing. */
export const FarLinks = memo(function FarLinks({
  links,
  places,
  known,
}: {
  readonly links: readonly DrawnLink[];
  /** Of nodes that are just being moved. */
  readonly places: Layout;
  readonly known: Layout;
}) {
  const paths = useMemo(() => {
    const parts: Record<Look, string[]> = { plain: [], up: [], impaired: [], cut: [] };
    const middle = (name: string) => {
      const at = places[name] ?? known[name];
      return at === undefined ? undefined : `${at.x + nodeSize.width / 2},${at.y + nodeSize.height / 2}`;
    };
    for (const link of links) {
      const [from, to] = [middle(link.a), middle(link.b)];
      if (from !== undefined && to !== undefined) parts[lookOf(link)].push(`M${from}L${to}`);
    }
    return looks.map((look) => ({ look, path: parts[look].join("") }));
  }, [links, places, known]);
  return (
    <ViewportPortal>
      <svg className="far-links" aria-hidden="true">
        {paths.map(({ look, path }) => path !== "" && <path key={look} d={path} data-look={look} />)}
      </svg>
    </ViewportPortal>
  );
});
