import { type Alias, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import type { SourcePosition } from "../errors/error.ts";
import type { LineIndex, Path, Target } from "./source.ts";

/** Where a node's text begins and ends, and where what belongs to it ends. */
export const rangeOf = (node: unknown): readonly [number, number, number] | undefined =>
  (node as { range?: readonly [number, number, number] } | null)?.range ?? undefined;

/** `<<: …`, which takes over the keys of another map (yaml.org/type/merge). */
export const isMerge = (pair: Pair): boolean =>
  isScalar(pair.key) && pair.key.type === "PLAIN" && pair.key.source === "<<";

/** The text of a key: as it is written, so that a node may be called `1e3`. */
export const keyText = (key: unknown): string | undefined =>
  isScalar(key) ? (key.type === "PLAIN" ? (key.source ?? String(key.value)) : String(key.value)) : undefined;

/** Follows paths through the nodes. Maps are indexed when first walked. */
export class Locator {
  readonly #root: Node;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #lines: LineIndex;
  readonly #indices = new Map<YAMLMap, ReadonlyMap<string, Pair>>();

  constructor(root: Node, targets: ReadonlyMap<Alias, Node>, lines: LineIndex) {
    this.#root = root;
    this.#targets = targets;
    this.#lines = lines;
  }

  locate(path: Path, target: Target): SourcePosition | undefined {
    let found: Pair | Node = this.#root;
    for (const step of path) {
      const child: Pair | Node | undefined = this.#child(isPair(found) ? found.value : found, step);
      if (child === undefined) break;
      found = child;
    }
    const value = isPair(found) ? rangeOf(found.value) : rangeOf(found);
    // A key without value has an empty one, which is nothing to point at.
    const useKey = isPair(found) && (target === "key" || value === undefined || value[0] === value[1]);
    const range = useKey ? rangeOf((found as Pair).key) : value;
    return range === undefined ? undefined : this.#lines.positionOf(range[0], range[1], path);
  }

  #child(node: unknown, step: string | number): Pair | Node | undefined {
    const held = isAlias(node) ? this.#targets.get(node) : node;
    if (isSeq(held)) return typeof step === "number" ? (held.items[step] as Node | undefined) : undefined;
    if (!isMap(held)) return undefined;
    const direct = this.#indexOf(held).get(String(step));
    if (direct !== undefined) return direct;
    for (const pair of held.items) {
      if (!isMerge(pair)) continue;
      const merged = isAlias(pair.value) ? this.#targets.get(pair.value) : pair.value;
      for (const source of isSeq(merged) ? merged.items : [merged]) {
        const inherited = this.#child(source, step);
        if (inherited !== undefined) return inherited;
      }
    }
    return undefined;
  }

  #indexOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    let index = this.#indices.get(map);
    if (index === undefined) {
      const made = new Map<string, Pair>();
      for (const pair of map.items) {
        const text = keyText(pair.key);
        if (text !== undefined && !made.has(text)) made.set(text, pair);
      }
      this.#indices.set(map, made);
      index = made;
    }
    return index;
  }
}
