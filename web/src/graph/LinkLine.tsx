import { BaseEdge, type Edge, type EdgeProps, useInternalNode } from "@xyflow/react";
import { type CSSProperties, memo } from "react";
import { lineHeight, type Spot } from "./label-spots.ts";
import { along, hasRoomForNames, type LinkShape, type Point, shapeOf, shiftOf } from "./link-shape.ts";
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
  /** Where words stand, from the middle of the link (label-spots.ts). */
  readonly spotX?: number | undefined;
  readonly spotY?: number | undefined;
  readonly anchor?: Spot["anchor"] | undefined;
};

export type GraphLink = Edge<LinkLook, "link">;

/** Less is what machines say without being asked (neighbour discovery), and is told in the details. */
const leastBits = 1_000;

/** What a screen reader says of a link. */
export const linkLabel = ({ a, b, aInterface, bInterface, state, isImpaired }: LinkLook): string =>
  `Link ${[a, aInterface].filter(Boolean).join(" ")} to ${[b, bInterface].filter(Boolean).join(" ")}${state === "down" ? ", cut" : ""}${isImpaired ? ", impaired" : ""}`;

/** A straight line between two nodes; several side by side. A cut one is dashed and has a cross on it. */
export const LinkLine = memo(function LinkLine({ id, source, target, data, selected }: EdgeProps<GraphLink>) {
  const from = useInternalNode(source)?.internals.positionAbsolute;
  const to = useInternalNode(target)?.internals.positionAbsolute;
  const rate = useRate(id);
  if (from === undefined || to === undefined || data === undefined) return null;
  const shape = shapeOf(from, to, shiftOf(source, target, data.lane));
  const { a, b, middle, unit, length } = shape;
  const isCut = data.state === "down" || data.isBlocked === true;
  const rates = rate === undefined || isCut || length <= 120 ? [] : rateLines(rate, unit);
  const words = data.words !== "" && length > 150 ? [data.words] : [];
  const [aName, bName] = [along(shape, "a", shape.nameAt), along(shape, "b", shape.nameAt)];
  return (
    <g
      className="link"
      style={{ "--flow": flowOf(rate) } as CSSProperties}
      data-selected={selected || undefined}
      data-state={data.state}
      data-cut={isCut || undefined}
      data-impaired={data.isImpaired || undefined}
    >
      <BaseEdge id={id} path={`M${a.x},${a.y}L${b.x},${b.y}`} interactionWidth={16} />
      {data.showsNames && hasRoomForNames(shape) && (
        <>
          <text {...aName} className="link-name">
            {data.aInterface}
          </text>
          <text {...bName} className="link-name">
            {data.bInterface}
          </text>
        </>
      )}
      {[...words, ...rates].map((line, index, { length: count }) => (
        <text
          key={line}
          {...linePlace(data, shape, index - (count - 1) / 2)}
          className={index < words.length ? "link-words" : "link-rate"}
        >
          {line}
        </text>
      ))}
      {isCut && <path className="link-cross" d={`M${middle.x - 6},${middle.y - 6}l12,12m0,-12l-12,12`} />}
      {!isCut && data.isImpaired && <path className="link-wave" d={`M${middle.x - 9},${middle.y}q4.5,-9 9,0t9,0`} />}
    </g>
  );
});

/**
 * Where a line of what is said of a link stands.
 *
 * @param row from the middle of all lines, in lines
 */
function linePlace(
  { spotX, spotY, anchor }: LinkLook,
  { middle, unit }: LinkShape,
  row: number,
): Point & { readonly style: CSSProperties } {
  const y = row * lineHeight;
  if (spotX !== undefined && spotY !== undefined && anchor !== undefined)
    return { x: middle.x + spotX, y: middle.y + spotY + y, style: { textAnchor: anchor } };
  // Among many links nobody looked for a place: below one that lies flat, on the open side of one that rises or falls.
  if (Math.abs(unit.y) < 0.35) return { x: middle.x, y: middle.y + 20 + y, style: { textAnchor: "middle" } };
  const falls = unit.x * unit.y > 0 && Math.abs(unit.x) >= 0.2;
  return { x: middle.x + (falls ? -9 : 9), y: middle.y + 12 + y, style: { textAnchor: falls ? "end" : "start" } };
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
