import { Handle, type Node, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { createContext, memo, useContext, useEffect, useRef } from "react";
import { lookOf } from "./kinds.tsx";

export type NodeLook = {
  readonly name: string;
  readonly kind: string;
  /** Of a node of a lab that runs. */
  readonly state?: "none" | "idle" | "running" | "paused" | "failed" | "off";
  readonly hasProblem?: boolean;
  readonly isFaint?: boolean;
};

export { nodeSize } from "./node-size.ts";

export type GraphNode = Node<NodeLook, "node">;

/** Shapes beside colours, for who does not see them. */
const marks = { paused: "❚❚", failed: "!", off: "■" } as const;
const states = {
  none: "",
  idle: ", runs",
  running: ", runs",
  paused: ", paused",
  failed: ", failed",
  off: ", off",
} as const;

export const markOf = ({ state }: NodeLook): string | undefined =>
  state === "paused" || state === "failed" || state === "off" ? marks[state] : undefined;

/** What a screen reader says of a node. */
export const nodeLabel = ({ name, kind, state }: NodeLook): string =>
  `${lookOf(kind).title} ${name}${state === undefined ? "" : states[state]}`;

/** Whether nodes are drawn as in a map: without what would be too small to be seen. */
export const IsFar = createContext(false);

export const NodeBox = memo(function NodeBox({ id, data, selected, isConnectable }: NodeProps<GraphNode>) {
  const { name, kind, state, hasProblem, isFaint } = data;
  const isFar = useContext(IsFar);
  const hasEnds = isConnectable && !isFar;
  const had = useRef(hasEnds);
  const measure = useUpdateNodeInternals();
  useEffect(() => {
    if (hasEnds && !had.current) measure(id);
    had.current = hasEnds;
  }, [hasEnds, measure, id]);
  const { Icon } = lookOf(kind);
  const mark = markOf(data);
  const isLive = state !== undefined && mark === undefined;
  return (
    <div
      className="node"
      data-kind={kind}
      data-state={state}
      data-live={isLive || undefined}
      data-selected={selected || undefined}
      data-problem={hasProblem || undefined}
      data-faint={isFaint || undefined}
    >
      {hasEnds ? <LinkEnds /> : <BareEnds />}
      {!isFar && (
        <>
          <Icon size={26} stroke={1.5} aria-hidden />
          <span className="node-name">{name}</span>
        </>
      )}
      {mark !== undefined && (
        <span className="node-mark" aria-hidden>
          {mark}
        </span>
      )}
    </div>
  );
});

/** Where links are drawn from and to. */
function LinkEnds() {
  return (
    <>
      <Handle type="target" position={Position.Top} id="in" className="node-target" isConnectableStart={false} />
      <Handle type="source" position={Position.Right} id="out" className="node-source" isConnectableEnd={false} />
    </>
  );
}

/**
 * Where links end is looked up in the page, also where none can be drawn. These are that alone: they do not follow each
 * change of the picture, and are nothing to paint.
 */
function BareEnds() {
  return (
    <>
      <div className="target node-end" data-handleid="in" data-handlepos={Position.Top} />
      <div className="source node-end" data-handleid="out" data-handlepos={Position.Right} />
    </>
  );
}
