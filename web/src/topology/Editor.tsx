import "./editor.css";
import { CloseButton, Group, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowBackUp, IconArrowForwardUp, IconCode } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { FindNode } from "../graph/FindNode.tsx";
import { Picture } from "../graph/Picture.tsx";
import { Empty } from "../shell/states.tsx";
import { Annotations } from "./Annotations.tsx";
import { ArrangeMenu } from "./ArrangeMenu.tsx";
import { lineOf } from "./document.ts";
import { EditMenu } from "./EditMenu.tsx";
import { FileMenu } from "./FileMenu.tsx";
import { Findings } from "./Findings.tsx";
import type { useHistory } from "./history.ts";
import { Palette } from "./Palette.tsx";
import { Reveal } from "./Reveal.tsx";
import { SettingsPanel } from "./SettingsPanel.tsx";
import { Tool } from "./Tool.tsx";
import { useClipboard } from "./useClipboard.ts";
import { nothing, useEditing } from "./useEditing.ts";
import { YamlPane } from "./YamlPane.tsx";

/** A lab file as a drawing and as a text, each of which changes the other. */
export function Editor({
  project,
  name,
  history,
  isReadOnly,
  notice,
  news,
  title,
  actions,
}: {
  readonly project: string;
  /** What it is exported as. */
  readonly name: string;
  readonly history: ReturnType<typeof useHistory>;
  readonly isReadOnly: boolean;
  /** About what is edited; there until it is closed. */
  readonly notice?: string | undefined;
  /** What has happened meanwhile, and what can be done. */
  readonly news?: ReactNode;
  readonly title: ReactNode;
  /** @param drawn the lab file with where its nodes are drawn */
  readonly actions: (drawn: () => string) => ReactNode;
}) {
  const { draft, change, undo, redo, canUndo, canRedo } = history;
  const editing = useEditing(project, history, isReadOnly);
  const [told, setTold] = useState(notice);
  const { document, reading, error, drawing, places, selection, select, isBroken, mayDraw } = editing;
  const [showsText, setShowsText] = useState(true);
  const [line, setLine] = useState<{ readonly number: number }>();
  const [focus, setFocus] = useState<string>();
  const open = (path: readonly (string | number)[]) => {
    setShowsText(true);
    for (let depth = path.length; depth > 0; depth -= 1) {
      const number = lineOf(document, draft.text, path.slice(0, depth));
      if (number === undefined) continue;
      setLine({ number });
      return;
    }
  };

  useHotkeys([
    ["mod+Z", undo],
    ["mod+shift+Z", redo],
    ["mod+Y", redo],
    ["mod+D", editing.duplicate],
    ["mod+G", editing.group],
    ["Escape", () => select(nothing)],
    ["mod+A", () => select({ nodes: editing.graph.nodes.map((node) => node.name), links: [] })],
  ]);
  useClipboard({
    onCopy: editing.copied,
    onCut: () => {
      const text = mayDraw ? editing.copied() : undefined;
      if (text !== undefined) editing.removeSelected(selection);
      return text;
    },
    onPaste: editing.pasteText,
  });

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files are dropped on it; the menu imports them, too
    <div
      className="editor"
      onDragOver={(event) => {
        if (!isReadOnly && event.dataTransfer.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => {
        const file = event.dataTransfer.files[0];
        if (file === undefined || isReadOnly) return;
        event.preventDefault();
        void file.text().then(editing.replace);
      }}
    >
      <div className="toolbar" role="toolbar" aria-label="Tools">
        {title}
        <Group gap={4} wrap="nowrap">
          <Tool label="Undo" isDisabled={!canUndo || isReadOnly} onClick={undo}>
            <IconArrowBackUp size={18} />
          </Tool>
          <Tool label="Redo" isDisabled={!canRedo || isReadOnly} onClick={redo}>
            <IconArrowForwardUp size={18} />
          </Tool>
          <Tool label={showsText ? "Hide the lab file" : "Show the lab file"} onClick={() => setShowsText(!showsText)}>
            <IconCode size={18} />
          </Tool>
          <EditMenu editing={editing} />
          <ArrangeMenu editing={editing} />
        </Group>
        <FindNode
          names={[...new Set(drawing.nodes.map((node) => node.name))]}
          focus={focus}
          onFind={(found) => {
            setFocus(found);
            if (found !== undefined) select({ nodes: [found], links: [] });
          }}
        />
        {isReadOnly && (
          <Text size="sm" c="dimmed">
            Viewers look, and change nothing.
          </Text>
        )}
        <span className="space" />
        <Group gap={6} wrap="nowrap">
          {actions(editing.exported)}
          <FileMenu name={name} text={editing.exported} isReadOnly={isReadOnly} onText={editing.replace} />
        </Group>
      </div>
      <div className="panes">
        {!isReadOnly && <Palette isDisabled={!mayDraw} onPick={(kind) => editing.place(kind)} />}
        <section className="canvas" aria-label="Drawing">
          <div className="picture">
            <Picture
              nodes={drawing.nodes}
              links={drawing.links}
              places={places}
              selection={selection}
              focus={focus}
              onSelect={select}
              {...(isReadOnly ? {} : { onMove: editing.move, onRemove: editing.removeSelected })}
              {...(mayDraw ? { onLink: editing.link, onPlace: editing.place } : {})}
            >
              <Annotations editing={editing} />
              <Reveal editing={editing} />
            </Picture>
            {drawing.nodes.length === 0 && editing.annotations.notes.length === 0 && places !== undefined && (
              <div className="hint">
                <Empty title="Nothing drawn yet">
                  <Text c="dimmed" ta="center" size="sm">
                    Drag a kind of node here, or press it on the left. Drag from the dot at a node's side to another
                    node to link them.
                  </Text>
                </Empty>
              </div>
            )}
            <div className="overhead">
              {isBroken && (
                <Text className="stale" size="sm" role="status">
                  The text is no YAML just now: the drawing shows it as it was.
                </Text>
              )}
              {news}
            </div>
            {(editing.notice ?? told) !== undefined && (
              <Text className="notice" size="sm" role="status">
                {editing.notice ?? told}
                <CloseButton
                  size="xs"
                  aria-label="Close the notice"
                  onClick={() => (editing.notice === undefined ? setTold(undefined) : editing.setNotice(undefined))}
                />
              </Text>
            )}
          </div>
          <SettingsPanel editing={editing} onOpen={open} />
        </section>
        {showsText && (
          <section className="text" aria-label="Lab file">
            <YamlPane
              text={draft.text}
              findings={reading?.findings ?? []}
              line={line}
              isReadOnly={isReadOnly}
              onChange={(text) => change((now) => ({ ...now, text }), "type")}
              onUndo={undo}
              onRedo={redo}
            />
            <Findings
              findings={reading?.findings}
              error={error}
              isCurrent={editing.isCurrent}
              onOpen={(number) => setLine({ number })}
            />
          </section>
        )}
      </div>
    </div>
  );
}
