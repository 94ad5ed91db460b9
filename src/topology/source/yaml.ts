import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
} from "yaml";
import { labError, type NetwrightError, type SourcePosition } from "../errors/error.ts";
import { nearest } from "../nearest.ts";
import { maximumDepth } from "./plain.ts";
import { LineIndex, type Locate } from "./source.ts";
import { tooDeepAt, unclosedIn } from "./yaml-brackets.ts";
import { explainYaml, isUnclosed } from "./yaml-errors.ts";
import { isMerge, keyText, Locator, rangeOf } from "./yaml-places.ts";

/** A lab file as plain data, with the way back from a path to its place in the text. */
export type YamlSource = {
  /** Undefined where the errors leave nothing to go on with. */
  readonly data: unknown;
  readonly errors: readonly NetwrightError[];
  readonly locate: Locate;
};

const maximumBytes = 16 * 1024 * 1024;
/** Values after aliases are expanded. An ordinary file of 16 MiB has fewer. */
const maximumValues = 2_000_000;

/** Reads YAML 1.2 with merge keys. Never throws for any text. */
export function readYaml(text: string, file: string): YamlSource {
  if (text.length > maximumBytes) {
    return failed(labError("LAB_FILE_TOO_LARGE", { file, bytes: text.length, limit: maximumBytes }));
  }
  const lines = new LineIndex(file, text);
  const tooDeep = tooDeepAt(text, maximumDepth);
  if (tooDeep !== undefined) {
    return failed(labError("YAML_TOO_DEEP", { limit: maximumDepth }, { at: lines.positionOf(tooDeep, tooDeep + 1) }));
  }
  let document: ReturnType<typeof parseDocument>;
  try {
    // Duplicate keys are found below, because the library compares every key with every other.
    document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: "error" });
  } catch (error) {
    // The library descends by recursion: too deep a text ends the stack.
    if (error instanceof RangeError)
      return failed(labError("YAML_TOO_DEEP", { limit: maximumDepth }, { at: lines.positionOf(0, 1) }));
    throw error;
  }
  if (document.errors.length > 0) return failed(...syntaxErrors(document.errors, text, lines));
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return failed(labError("LAB_FILE_EMPTY", { file }, { at: lines.positionOf(0, 1) }));
  }
  const reader = new DataReader(lines);
  const data = reader.read(document.contents);
  const locator = new Locator(document.contents, reader.targets, lines);
  if (reader.isTruncated) return failed(...reader.errors);
  return { data, errors: reader.errors, locate: (path, target) => locator.locate(path, target) };
}

const failed = (...errors: readonly NetwrightError[]): YamlSource => ({
  data: undefined,
  errors,
  locate: () => undefined,
});

/** More than anybody mends before trying again. */
const maximumSyntaxErrors = 100;

/** One error per line: what follows on the same line mostly follows from the first. */
function syntaxErrors(errors: readonly YAMLParseError[], text: string, lines: LineIndex): readonly NetwrightError[] {
  const reported = new Set<number>();
  const unclosed = errors.some(isUnclosed) ? unclosedIn(text) : [];
  const textEnd = text.trimEnd().length;
  return errors.slice(0, maximumSyntaxErrors).flatMap((error) => {
    let [start, end] = error.pos;
    const opening = isUnclosed(error) ? unclosed.findLast((offset) => offset < error.pos[0]) : undefined;
    if (opening !== undefined) [start, end] = [opening, opening + 1];
    // What is indented wrongly begins after the space.
    while (start < textEnd && /\s/.test(text.charAt(start))) start++;
    const at = lines.positionOf(start, Math.max(end, start + 1));
    if (reported.has(at.line)) return [];
    reported.add(at.line);
    return [labError("YAML_SYNTAX", explainYaml(error, text), { at })];
  });
}

type Anchored = { readonly data: unknown; readonly values: number; readonly node: Node };

/** Turns nodes into plain data: maps by key text, aliases shared, merge keys applied. */
class DataReader {
  readonly errors: NetwrightError[] = [];
  /** What each alias stands for. */
  readonly targets = new Map<Alias, Node>();
  readonly #lines: LineIndex;
  readonly #anchors = new Map<string, Anchored | "open">();
  #depth = 0;
  #values = 0;
  #full = false;

  constructor(lines: LineIndex) {
    this.#lines = lines;
  }

  /** Whether reading stopped half-way, because of the size. */
  get isTruncated(): boolean {
    return this.#full;
  }

  read(node: unknown): unknown {
    if (this.#full) return null;
    this.#values++;
    if (isAlias(node)) return this.#readAlias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (this.#depth >= maximumDepth) {
      this.#full = true;
      this.#error(labError("YAML_TOO_DEEP", { limit: maximumDepth }, { at: this.#positionOf(node) }));
      return null;
    }
    if (node.tag !== undefined && !knownTags.has(node.tag)) {
      this.#error(labError("YAML_TAG", { tag: node.tag }, { at: this.#positionOf(node) }));
    }
    const before = this.#values;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, "open");
    this.#depth++;
    const data = isScalar(node)
      ? this.#readScalar(node)
      : isMap(node)
        ? this.#readMap(node)
        : node.items.map((item) => this.read(item));
    this.#depth--;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { data, values: this.#values - before, node });
    return data;
  }

  #readScalar({ value, source, type }: Scalar): unknown {
    // 0644 is a file mode, 007 a name: a number that does not print as it was written stays a text.
    if (typeof value === "number" && type === "PLAIN" && source !== undefined && /^[-+]?0\d/.test(source))
      return source;
    return typeof value === "bigint" ? Number(value) : value;
  }

  #readAlias(alias: Alias): unknown {
    const name = alias.source;
    const anchored = this.#anchors.get(name);
    if (anchored === undefined) {
      const known = [...this.#anchors.keys()];
      const suggestion = nearest(name, known);
      const details = { alias: name, known, ...(suggestion === undefined ? {} : { nearest: suggestion }) };
      this.#error(labError("YAML_ALIAS_UNKNOWN", details, { at: this.#positionOf(alias) }));
      return null;
    }
    if (anchored === "open") {
      this.#error(labError("YAML_ALIAS_CYCLE", { alias: name }, { at: this.#positionOf(alias) }));
      return null;
    }
    this.targets.set(alias, anchored.node);
    this.#values += anchored.values;
    if (this.#values > maximumValues) {
      this.#full = true;
      this.#error(labError("YAML_ALIASES", { limit: maximumValues }, { at: this.#positionOf(alias) }));
      return null;
    }
    return anchored.data;
  }

  #readMap(map: YAMLMap): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    const firstAt = new Map<string, Pair>();
    const merges: Pair[] = [];
    for (const pair of map.items) {
      if (isMerge(pair)) {
        merges.push(pair);
        continue;
      }
      const cut = beforeBracket(pair.key);
      if (cut !== undefined) {
        const problem = `a colon is missing after "${cut}"`;
        const remedy = `Write it right behind, and a space after it: ${cut}: …`;
        this.#error(labError("YAML_SYNTAX", { problem, remedy }, { at: this.#positionOf(pair.key) }));
        // There would be something of that name.
        data[cut] ??= null;
        continue;
      }
      const key = this.#keyOf(pair);
      const value = this.read(pair.value);
      if (key === undefined) continue;
      const first = firstAt.get(key);
      if (first === undefined) {
        firstAt.set(key, pair);
        data[key] = value;
      } else {
        const firstLine = this.#lines.lineOf(rangeOf(first.key)?.[0] ?? 0);
        this.#error(labError("DUPLICATE_KEY", { key, firstLine }, { at: this.#positionOf(pair.key) }));
      }
    }
    for (const pair of merges) this.#merge(data, pair);
    return data;
  }

  /** Keys of the map win over merged ones, and earlier merged maps over later ones (yaml.org/type/merge). */
  #merge(data: Record<string, unknown>, pair: Pair): void {
    const value = this.read(pair.value);
    for (const source of Array.isArray(value) ? value : [value]) {
      if (typeof source !== "object" || source === null || Array.isArray(source)) {
        this.#error(labError("YAML_MERGE", {}, { at: this.#positionOf(pair.value) ?? this.#positionOf(pair.key) }));
        return;
      }
      for (const [key, merged] of Object.entries(source)) if (!Object.hasOwn(data, key)) data[key] = merged;
    }
  }

  /** A key by its text, so that a node may be called `1e3`. */
  #keyOf(pair: Pair): string | undefined {
    const { key } = pair;
    const text = keyText(key);
    // An object would take __proto__ for its prototype.
    if (text !== undefined && text !== "" && text !== "__proto__") return text;
    const shown = text === undefined ? "A list or map" : text === "" ? "An empty text" : `"${text}"`;
    this.#error(labError("BAD_KEY", { shown }, { at: this.#positionOf(key) ?? this.#positionOf(pair.value) }));
    return undefined;
  }

  #positionOf(node: unknown): SourcePosition | undefined {
    const range = rangeOf(node);
    return range === undefined ? undefined : this.#lines.positionOf(range[0], range[1]);
  }

  #error(error: NetwrightError): void {
    this.errors.push(error);
  }
}

/** Of `r2 {kind: router}`, which YAML takes for a key "r2 {kind" and a text: `r2`. */
function beforeBracket(key: unknown): string | undefined {
  if (!isScalar(key) || key.type !== "PLAIN" || key.source === undefined) return undefined;
  return /^([\w.-]+)\s*[{[]/.exec(key.source)?.[1];
}

/** Tags of YAML's core schema, which say nothing new. */
const knownTags = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);
