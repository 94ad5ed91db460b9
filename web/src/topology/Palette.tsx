import { IconNote } from "@tabler/icons-react";
import { lookOf, paletteKinds } from "../graph/kinds.tsx";

/** The kinds of nodes, to be dragged into the drawing or pressed. */
export function Palette({
  isDisabled,
  onPick,
}: {
  readonly isDisabled: boolean;
  readonly onPick: (kind: string) => void;
}) {
  return (
    <nav className="palette" aria-label="What can be drawn">
      {paletteKinds.map((kind) => {
        const { Icon, title } = lookOf(kind);
        return (
          <button
            key={kind}
            type="button"
            className="kind"
            disabled={isDisabled}
            draggable={!isDisabled}
            onDragStart={({ dataTransfer }) => {
              dataTransfer.setData("application/x-netwright-kind", kind);
              dataTransfer.effectAllowed = "copy";
            }}
            onClick={() => onPick(kind)}
            aria-label={`Add ${/^[AEIOU]/.test(title) ? "an" : "a"} ${title}`}
          >
            <Icon size={22} stroke={1.5} aria-hidden />
            <span>{title}</span>
          </button>
        );
      })}
      <button
        type="button"
        className="kind"
        disabled={isDisabled}
        draggable={!isDisabled}
        onDragStart={({ dataTransfer }) => {
          dataTransfer.setData("application/x-netwright-kind", "note");
          dataTransfer.effectAllowed = "copy";
        }}
        onClick={() => onPick("note")}
        aria-label="Add a note"
      >
        <IconNote size={22} stroke={1.5} aria-hidden />
        <span>Note</span>
      </button>
    </nav>
  );
}
