import { ViewportPortal } from "@xyflow/react";
import { memo } from "react";
import { GroupFrame } from "../graph/GroupFrame.tsx";
import type { FileDrawing } from "./file-drawing.ts";

/** Notes and groups that the lab file has, to be looked at. */
export const FileMarks = memo(function FileMarks({ notes, groups }: Pick<FileDrawing, "notes" | "groups">) {
  return (
    <ViewportPortal>
      {groups.map(({ title, nodes }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: it is what it is called by
        <GroupFrame key={index} nodes={nodes}>
          <div className="group-title">{title === "" ? "Group" : title}</div>
        </GroupFrame>
      ))}
      {notes.map(({ text, x, y }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: it is what it is called by
        <div key={index} className="note-box" role="note" style={{ transform: `translate(${x}px, ${y}px)` }}>
          {text}
        </div>
      ))}
    </ViewportPortal>
  );
});
