import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useEffectEvent, useRef } from "react";
import type { Reading } from "../../../src/api/index.ts";

export type Finding = Reading["findings"][number];

/** Of changes that come from outside: they are not told to where they came from. */
const fromOutside = Annotation.define<boolean>();

const theme = EditorView.theme({
  "&": {
    height: "100%",
    fontSize: "13px",
    color: "var(--mantine-color-text)",
    backgroundColor: "var(--mantine-color-body)",
  },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.5" },
  ".cm-gutters": {
    backgroundColor: "var(--mantine-color-body)",
    color: "var(--mantine-color-dimmed)",
    borderRight: "1px solid var(--mantine-color-default-border)",
  },
  ".cm-content": { caretColor: "var(--mantine-color-text)" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
  ".cm-activeLine": { backgroundColor: "var(--mantine-color-default-hover)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--mantine-color-blue-light-hover) !important",
  },
  ".cm-tooltip, .cm-panels": {
    backgroundColor: "var(--mantine-color-default)",
    color: "var(--mantine-color-text)",
    border: "1px solid var(--mantine-color-default-border)",
    maxWidth: "520px",
  },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--mantine-color-dimmed)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--yaml-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--yaml-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--yaml-value)" },
]);

/** The text of a lab file, with what is wrong with it on the spot. */
export function YamlPane({
  text,
  findings,
  line,
  isReadOnly,
  onChange,
  onUndo,
  onRedo,
}: {
  readonly text: string;
  readonly findings: readonly Finding[];
  /** To be shown; another object for each time it is asked for. */
  readonly line: { readonly number: number } | undefined;
  readonly isReadOnly: boolean;
  readonly onChange: (text: string) => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const first = useRef({ text, isReadOnly });
  const tell = useEffectEvent(onChange);
  const undo = useEffectEvent(onUndo);
  const redo = useEffectEvent(onRedo);
  useEffect(() => {
    if (place.current === null) return;
    const run = (action: () => void) => () => {
      action();
      return true;
    };
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.current.text,
        extensions: [
          lineNumbers(),
          lintGutter(),
          drawSelection(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          bracketMatching(),
          indentOnInput(),
          yaml(),
          syntaxHighlighting(colours),
          theme,
          EditorState.readOnly.of(first.current.isReadOnly),
          EditorView.contentAttributes.of({ "aria-label": "Lab file", tabindex: "0" }),
          // What is undone is undone in the drawing, too: its history is the only one.
          keymap.of([
            { key: "Mod-z", run: run(() => undo()) },
            { key: "Mod-y", run: run(() => redo()) },
            { key: "Mod-Shift-z", run: run(() => redo()) },
            ...defaultKeymap,
            ...searchKeymap,
            // Tab leaves the editor after Escape, for who has no mouse.
            indentWithTab,
          ]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((one) => one.annotation(fromOutside))) return;
            tell(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    const known = editor.state.doc.toString();
    if (known === text) return;
    editor.dispatch({ changes: difference(known, text), annotations: fromOutside.of(true) });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    editor.dispatch(
      setDiagnostics(
        editor.state,
        findings.flatMap((finding) => diagnosticOf(editor.state, finding)),
      ),
    );
  }, [findings]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || line === undefined || line.number > editor.state.doc.lines) return;
    const { from } = editor.state.doc.line(line.number);
    editor.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  }, [line]);

  return <div className="yaml" ref={place} />;
}

function diagnosticOf(state: EditorState, { at, message, remedy, severity }: Finding): Diagnostic[] {
  if (at === undefined || at.line < 1 || at.line > state.doc.lines) return [];
  const line = state.doc.line(at.line);
  const from = Math.min(line.from + at.column - 1, line.to);
  const to = Math.min(from + Math.max(1, at.length), line.to);
  return [{ from, to, severity, message: remedy === undefined ? message : `${message}\n${remedy}` }];
}

/** The one piece in which two texts differ, so that the cursor stays where it is. */
function difference(from: string, to: string) {
  const most = Math.min(from.length, to.length);
  let start = 0;
  while (start < most && from[start] === to[start]) start += 1;
  let end = 0;
  while (end < most - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end += 1;
  return { from: start, to: from.length - end, insert: to.slice(start, to.length - end) };
}
