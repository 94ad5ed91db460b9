import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
  YAMLMap,
  YAMLSeq,
} from "yaml";

/*
 * A lab file as it is edited: a YAML document, whose comments and order stay. What is drawn is read from
 * it, every edit changes it, and the text is its print.
 */

export type LabDocument = Document.Parsed;

export function readDocument(text: string): LabDocument {
  const document = parseDocument(text);
  moveBlankLines(document);
  return document;
}

/**
 * What stands behind a key without a value, after an empty line, is the parser's comment of the nothing that is its
 * value, and would stay there when more is written below. It belongs to what it stands above.
 */
function moveBlankLines(document: LabDocument): void {
  if (!isMap(document.contents)) return;
  const sections = document.contents.items;
  for (const [index, { value }] of sections.entries()) {
    if (!isMap(value) || value.flow === true) continue;
    for (const [place, pair] of value.items.entries()) {
      const nothing = pair.value as unknown;
      const next = (value.items[place + 1] ?? sections[index + 1])?.key;
      if (!isScalar(nothing) || nothing.value !== null || !isScalar(next)) continue;
      const comment = nothing.comment ?? "";
      const gap = nothing.spaceBefore === true ? 0 : comment.indexOf("\n\n");
      if (gap < 0) continue;
      const below = comment.slice(gap).replace(/^\n+/, "");
      nothing.spaceBefore = false;
      nothing.comment = comment.slice(0, gap) || null;
      next.spaceBefore = true;
      next.commentBefore = [below, next.commentBefore].filter(Boolean).join("\n") || null;
    }
  }
}

/** The text of a document, with lines as they are, however long. */
export function printDocument(document: LabDocument): string {
  // As Netwright's own files are written: { a: 1 }, and [a, b].
  visit(document, {
    Seq: (_, list) => {
      if (list.flow !== true) return;
      const print = YAMLSeq.prototype.toString;
      list.toString = (context, ...rest) =>
        context === undefined ? print.call(list) : print.call(list, { ...context, flowCollectionPadding: "" }, ...rest);
    },
    Map: (_, map) => {
      if (map.flow !== true) return;
      const print = YAMLMap.prototype.toString;
      map.toString = (context, ...rest) =>
        context === undefined ? print.call(map) : print.call(map, { ...context, flowCollectionPadding: " " }, ...rest);
    },
  });
  const text = document.toString({ lineWidth: 0, nullStr: "" });
  // What stood before something that is gone, at the end; but not where a text keeps its empty lines (|+).
  return text.endsWith("\n\n") && !/[|>]\d?\+/.test(text) ? `${text.trimEnd()}\n` : text;
}

/** The map at `path`, made where there is none; what was nothing there becomes one. */
export function mapAt(document: LabDocument, path: readonly (string | number)[]): YAMLMap {
  const there = document.getIn(path, true);
  if (isMap(there)) return there;
  const made = document.createNode({}) as YAMLMap;
  // A map that was written in one line, as `{}`, is not a place to write more.
  made.flow = false;
  if (path.length === 0) {
    const comment = document.contents?.comment ?? null;
    document.contents = made as unknown as typeof document.contents;
    if (comment !== null) made.comment = comment;
    return made;
  }
  mapAt(document, path.slice(0, -1));
  // Said beside what was nothing.
  if (isScalar(there)) made.commentBefore = [there.commentBefore, there.comment].filter(Boolean).join("\n") || null;
  document.setIn(path, made);
  return made;
}

export const isEmpty = (node: unknown): boolean => (isSeq(node) || isMap(node)) && node.items.length === 0;

/** Sets what is at `path`, or takes it out, with maps that are empty then. */
export function setAt(document: LabDocument, path: readonly (string | number)[], value: unknown): void {
  if (value === undefined) {
    document.deleteIn(path);
    for (let depth = path.length - 1; depth > 2; depth -= 1) {
      const above = path.slice(0, depth);
      if (!isEmpty(document.getIn(above, true))) break;
      document.deleteIn(above);
    }
    const node = path.slice(0, 2);
    if (path[0] === "nodes" && isEmpty(document.getIn(node, true))) document.setIn(node, document.createNode(null));
    return;
  }
  mapAt(document, path.slice(0, -1));
  const there = document.getIn(path, true) as Node | undefined;
  if (isScalar(there) && !isAlias(there) && (typeof value !== "object" || value === null)) {
    there.value = value;
    delete there.source;
    return;
  }
  const made = document.createNode(value);
  if (isSeq(made)) made.flow = true;
  document.setIn(path, made);
}

/** The line on which something is written, from 1. */
export function lineOf(document: LabDocument, text: string, path: readonly (string | number)[]): number | undefined {
  const node = document.getIn(path, true) as Node | undefined;
  const parent = document.getIn(path.slice(0, -1), true);
  const key = isMap(parent)
    ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key
    : undefined;
  const at = (key as Node | undefined)?.range?.[0] ?? node?.range?.[0];
  return at === undefined ? undefined : text.slice(0, at).split("\n").length;
}
