import { useReactFlow, ViewportPortal } from "@xyflow/react";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { GroupFrame } from "../graph/GroupFrame.tsx";
import { type NodeGroup, type Note, removeGroup, removeNote, setNote } from "./annotations.ts";
import type { Editing } from "./useEditing.ts";

const step = 10;

/** Notes and groups in the drawing, to be selected, moved and deleted as nodes are. */
export function Annotations({ editing }: { readonly editing: Editing }) {
  const { annotations, mark, select, mayDraw, edit } = editing;
  return (
    <ViewportPortal>
      {annotations.groups.map((group, index) => (
        <GroupBox
          // biome-ignore lint/suspicious/noArrayIndexKey: it is what it is called by
          key={index}
          group={group}
          isSelected={mark?.of === "group" && mark.index === index}
          onSelect={() => select({ nodes: group.nodes, links: [] }, { of: "group", index })}
          onRemove={() => {
            if (!mayDraw) return;
            edit((document) => removeGroup(document, index));
            select({ nodes: [], links: [] });
          }}
        />
      ))}
      {annotations.notes.map((note, index) => (
        <NoteBox
          // biome-ignore lint/suspicious/noArrayIndexKey: it is what it is called by
          key={index}
          note={note}
          isSelected={mark?.of === "note" && mark.index === index}
          mayMove={mayDraw}
          onSelect={() => select({ nodes: [], links: [] }, { of: "note", index })}
          onMove={(moved) => edit((document) => setNote(document, index, moved), `note ${index}`)}
          onRemove={() => {
            if (!mayDraw) return;
            edit((document) => removeNote(document, index));
            select({ nodes: [], links: [] });
          }}
        />
      ))}
    </ViewportPortal>
  );
}

const isDeletion = ({ key }: KeyboardEvent): boolean => key === "Delete" || key === "Backspace";

function GroupBox({
  group,
  isSelected,
  onSelect,
  onRemove,
}: {
  readonly group: NodeGroup;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
  readonly onRemove: () => void;
}) {
  return (
    <GroupFrame nodes={group.nodes} isSelected={isSelected}>
      <button
        type="button"
        className="group-title nopan"
        aria-label={`Group ${group.title}, ${group.nodes.length} ${group.nodes.length === 1 ? "node" : "nodes"}`}
        onClick={onSelect}
        onKeyDown={(event) => {
          if (!isDeletion(event)) return;
          event.stopPropagation();
          onRemove();
        }}
      >
        {group.title === "" ? "Group" : group.title}
      </button>
    </GroupFrame>
  );
}

function NoteBox({
  note,
  isSelected,
  mayMove,
  onSelect,
  onMove,
  onRemove,
}: {
  readonly note: Note;
  readonly isSelected: boolean;
  readonly mayMove: boolean;
  readonly onSelect: () => void;
  readonly onMove: (note: Note) => void;
  readonly onRemove: () => void;
}) {
  const flow = useReactFlow();
  /** Where the pointer took it, from its corner. */
  const grip = useRef<{ readonly x: number; readonly y: number }>(undefined);
  const [dragged, setDragged] = useState<{ readonly x: number; readonly y: number }>();
  const { x, y } = dragged ?? note;
  const pointer = ({ clientX, clientY }: PointerEvent) => flow.screenToFlowPosition({ x: clientX, y: clientY });
  const keys: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-step, 0],
    ArrowRight: [step, 0],
    ArrowUp: [0, -step],
    ArrowDown: [0, step],
  };
  return (
    <button
      type="button"
      className="note-box nopan"
      data-selected={isSelected || undefined}
      style={{ transform: `translate(${x}px, ${y}px)` }}
      aria-label={`Note: ${note.text}`}
      onClick={onSelect}
      onPointerDown={(event) => {
        if (!mayMove || event.button !== 0) return;
        const at = pointer(event);
        grip.current = { x: at.x - note.x, y: at.y - note.y };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (grip.current === undefined) return;
        const at = pointer(event);
        setDragged({ x: at.x - grip.current.x, y: at.y - grip.current.y });
      }}
      onPointerUp={() => {
        grip.current = undefined;
        if (dragged !== undefined) onMove({ ...note, x: Math.round(dragged.x), y: Math.round(dragged.y) });
        setDragged(undefined);
      }}
      onKeyDown={(event) => {
        const way = keys[event.key];
        if (way !== undefined && mayMove) {
          event.preventDefault();
          event.stopPropagation();
          onMove({ ...note, x: note.x + way[0], y: note.y + way[1] });
        } else if (isDeletion(event)) {
          event.stopPropagation();
          onRemove();
        }
      }}
    >
      {note.text}
    </button>
  );
}
