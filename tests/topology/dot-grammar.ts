export type DotGraph = {
  readonly nodes: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly edges: readonly {
    readonly ends: readonly [string, string];
    readonly attributes: Readonly<Record<string, string>>;
  }[];
};

/**
 * Reads an undirected graph without subgraphs by the grammar of https://graphviz.org/doc/info/lang.html
 * and throws where it does not hold. Attribute values are labels as Graphviz shows them: the escapes
 * of escString and the entity `&amp;` are undone.
 */
export function parseDot(text: string): DotGraph {
  const tokens =
    text.match(/"(?:[^"\\]|\\[\s\S])*"|[A-Za-z_][A-Za-z_0-9]*|-?(?:\.\d+|\d+(?:\.\d*)?)|--|[{}[\];,=]|\s+|[\s\S]/g) ??
    [];
  const words = tokens.filter((token) => token.trim() !== "");
  let at = 0;
  const peek = () => words[at];
  const need = (expected: string) => {
    if (words[at] !== expected) throw new Error(`expected ${expected}, found ${words[at]}`);
    at++;
  };
  const id = () => {
    const word = words[at++] ?? "";
    if (!/^("[\s\S]*"|[A-Za-z_]\w*|-?[\d.]+)$/.test(word)) throw new Error(`not an ID: ${word}`);
    if (/^(node|edge|graph|digraph|subgraph|strict)$/i.test(word)) throw new Error(`a keyword as an ID: ${word}`);
    return word;
  };
  const attributes = () => {
    const result: Record<string, string> = {};
    need("[");
    while (peek() !== "]") {
      const key = id();
      need("=");
      result[key] = shown(id());
      if (peek() === ",") at++;
    }
    need("]");
    return result;
  };

  const nodes = new Map<string, Readonly<Record<string, string>>>();
  const edges: { ends: readonly [string, string]; attributes: Readonly<Record<string, string>> }[] = [];
  need("graph");
  id();
  need("{");
  while (peek() !== "}") {
    if (/^(graph|node|edge)$/.test(peek() ?? "")) {
      at++;
      attributes();
    } else {
      const first = id();
      if (peek() === "--") {
        at++;
        edges.push({ ends: [first, id()], attributes: attributes() });
      } else nodes.set(first, attributes());
    }
    need(";");
  }
  need("}");
  if (at !== words.length) throw new Error(`more after the end: ${words[at]}`);
  return { nodes, edges };
}

function shown(word: string): string {
  if (!word.startsWith('"')) return word;
  return word
    .slice(1, -1)
    .replace(/\\([\s\S])/g, (_, escaped: string) => {
      if (escaped === "n") return "\n";
      if (escaped === "\\" || escaped === '"') return escaped;
      throw new Error(`an escape that stands for something else: \\${escaped}`);
    })
    .replace(/&(?:(amp);|(#?\w+;))?/g, (reference, amp: string | undefined, other: string | undefined) => {
      if (amp) return "&";
      if (other) throw new Error(`an entity of the text's own: ${reference}`);
      return reference;
    });
}
