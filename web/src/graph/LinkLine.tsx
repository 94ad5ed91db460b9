import { BaseEdge, type Edge, type EdgeProps, useInternalNode } from "@xyflow/react";
import { type CSSProperties, memo } from "react";
import { nodeSize } from "./NodeBox.tsx";
import { type LinkRate, lossWords, rateWords, useRate } from "./rates.ts";

export type LinkLook = {
  /** Of its ends, as far as they are known. */
  readonly a: string;
  readonly b: string;
  readonly aInterface: string;
  readonly bInterface: string;
  /** Of a lab that runs. */
  readonly state?: "up" | "down";
  readonly isImpaired: boolean;
  readonly isBlocked?: boolean;
  /** Among links of the same two nodes: -1, 0, 1, … */
  readonly lane: number;
  readonly showsNames: boolean;
  readonly words: string;
};

export type GraphLink = Edge<LinkLook, "link">;

type Point = { readonly x: number; readonly y: number };

const laneWidth = 14;
/** Less is what machines say without being asked (neighbour discovery), and is told in the details. */
const leastBits = 1_000;
/** Of a rate, an arrow before it. */
const wordsWidth = 84;
/** From a node's border to the middle of an interface's name. */
const nameDistance = 16;

/** What a screen reader says of a link. */
export const linkLabel = ({ a, b, aInterface, bInterface, state, isImpaired }: LinkLook): string =>
  `Link ${[a, aInterface].filter(Boolean).join(" ")} to ${[b, bInterface].filter(Boolean).join(" ")}${state === "down" ? ", cut" : ""}${isImpaired ? ", impaired" : ""}`;

/** A straight line between two nodes; several side by side. A cut one is dashed and has a cross on it. */
export const LinkLine = memo(function LinkLine({ id, source, target, data, selected }: EdgeProps<GraphLink>) {
  const from = useInternalNode(source)?.internals.positionAbsolute;
  const to = useInternalNode(target)?.internals.positionAbsolute;
  const rate = useRate(id);
  if (from === undefined || to === undefined || data === undefined) return null;
  const ends = { ax: from.x, ay: from.y, bx: to.x, by: to.y };
  const half = { x: nodeSize.width / 2, y: nodeSize.height / 2 };
  const length = Math.hypot(ends.bx - ends.ax, ends.by - ends.ay) || 1;
  const unit = { x: (ends.bx - ends.ax) / length, y: (ends.by - ends.ay) / length };
  // Lanes do not change sides when a link is written the other way round.
  const side = source < target ? 1 : -1;
  const shift = data.lane * laneWidth * side;
  const x1 = ends.ax + half.x - unit.y * shift;
  const y1 = ends.ay + half.y + unit.x * shift;
  const x2 = ends.bx + half.x - unit.y * shift;
  const y2 = ends.by + half.y + unit.x * shift;
  const middle = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
  // How far it is from the middle of a node to its border, in the direction of the line.
  const border = Math.min(
    nodeSize.width / 2 / Math.max(Math.abs(unit.x), 0.01),
    nodeSize.height / 2 / Math.max(Math.abs(unit.y), 0.01),
  );
  const nameAt = border + nameDistance + Math.abs(unit.x) * 8;
  const isCut = data.state === "down" || data.isBlocked === true;
  // Between nodes that are near each other there is no room for words: they go above and below them.
  const isNarrow = Math.abs(unit.x) > 0.5 && length * Math.abs(unit.x) - nodeSize.width < wordsWidth;
  const above = isNarrow ? Math.min(y1, y2) - half.y - 8 : middle.y - 10;
  const below = isNarrow ? Math.max(y1, y2) + half.y + 12 : middle.y + 13;
  return (
    <g
      className="link"
      style={{ "--flow": flowOf(rate) } as CSSProperties}
      data-selected={selected || undefined}
      data-state={data.state}
      data-cut={isCut || undefined}
      data-impaired={data.isImpaired || undefined}
    >
      <BaseEdge id={id} path={`M${x1},${y1}L${x2},${y2}`} interactionWidth={16} />
      {data.showsNames && length > nameAt * 2 + 36 && (
        <>
          <text x={x1 + unit.x * nameAt} y={y1 + unit.y * nameAt} className="link-name">
            {data.aInterface}
          </text>
          <text x={x2 - unit.x * nameAt} y={y2 - unit.y * nameAt} className="link-name">
            {data.bInterface}
          </text>
        </>
      )}
      {data.words !== "" && length > 150 && (
        <text x={middle.x} y={above} className="link-words">
          {data.words}
        </text>
      )}
      {rate !== undefined &&
        !isCut &&
        length > 120 &&
        rateLines(rate, unit).map((line, index) => (
          <text key={line} {...besideLine({ middle, unit, below, index })} className="link-rate">
            {line}
          </text>
        ))}
      {isCut && <path className="link-cross" d={`M${middle.x - 6},${middle.y - 6}l12,12m0,-12l-12,12`} />}
      {!isCut && data.isImpaired && <path className="link-wave" d={`M${middle.x - 9},${middle.y}q4.5,-9 9,0t9,0`} />}
    </g>
  );
});

/** Where words of a link have no line under them: below one that lies flat, on the open side of one that rises or falls. */
function besideLine({
  middle,
  unit,
  below,
  index,
}: {
  readonly middle: Point;
  readonly unit: Point;
  readonly below: number;
  readonly index: number;
}): { readonly x: number; readonly y: number; readonly style?: CSSProperties } {
  const lines = 13 * index;
  if (Math.abs(unit.y) < 0.35) return { x: middle.x, y: below + lines };
  if (Math.abs(unit.x) < 0.2) return { x: middle.x + 9, y: middle.y - 2 + lines, style: { textAnchor: "start" } };
  const falls = unit.x * unit.y > 0;
  return {
    x: middle.x + (falls ? -9 : 9),
    y: middle.y + 12 + lines,
    style: { textAnchor: falls ? "end" : "start" },
  };
}

/** As thick as what passes is much: a line for each tenfold of it. */
function flowOf(rate: LinkRate | undefined): number {
  const most = Math.max(rate?.ab.bitsPerSecond ?? 0, rate?.ba.bitsPerSecond ?? 0);
  return 1.6 + Math.min(6, Math.max(0, Math.log10(most / 1000)));
}

/** Arrows are as the line lies. */
function rateLines({ ab, ba }: LinkRate, unit: { readonly x: number; readonly y: number }): readonly string[] {
  const isFlat = Math.abs(unit.x) >= Math.abs(unit.y);
  const [there, back] = (isFlat ? unit.x > 0 : unit.y > 0) ? (isFlat ? "→←" : "↓↑") : isFlat ? "←→" : "↑↓";
  return [ab, ba]
    .map(({ bitsPerSecond, lost }, index) => ({ bitsPerSecond, lost, arrow: index === 0 ? there : back }))
    .filter(({ bitsPerSecond, lost }) => bitsPerSecond >= leastBits || lost > 0)
    .map(
      ({ bitsPerSecond, lost, arrow }) =>
        `${arrow} ${rateWords(bitsPerSecond)}${lost > 0 ? `, ${lossWords(lost)} lost` : ""}`,
    );
}
