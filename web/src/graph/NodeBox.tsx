import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { lookOf } from "./kinds.tsx";

export type NodeLook = {
  readonly name: string;
  readonly kind: string;
  /** Of a node of a lab that runs. */
  readonly state?: "none" | "idle" | "running" | "paused" | "failed" | "off";
  /** Whether links can be drawn from it. */
  readonly mayLink: boolean;
  readonly hasProblem?: boolean;
  readonly isFaint?: boolean;
};

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

export const nodeSize = { width: 76, height: 58 } as const;

/** What a screen reader says of a node. */
export const nodeLabel = ({ name, kind, state }: NodeLook): string =>
  `${lookOf(kind).title} ${name}${state === undefined ? "" : states[state]}`;

export const NodeBox = memo(function NodeBox({ data, selected }: NodeProps<GraphNode>) {
  const { name, kind, state, mayLink, hasProblem, isFaint } = data;
  const { Icon } = lookOf(kind);
  const mark = state === "paused" || state === "failed" || state === "off" ? marks[state] : undefined;
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
      <Handle type="target" position={Position.Top} id="in" className="node-target" isConnectableStart={false} />
      <Icon size={26} stroke={1.5} aria-hidden />
      <span className="node-name">{name}</span>
      {mark !== undefined && (
        <span className="node-mark" aria-hidden>
          {mark}
        </span>
      )}
      <Handle
        type="source"
        position={Position.Right}
        id="out"
        className="node-source"
        isConnectable={mayLink}
        isConnectableEnd={false}
      />
    </div>
  );
});
