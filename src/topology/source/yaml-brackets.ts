import { CST, Lexer } from "yaml";

/** Tokens of the lexer that stand for no text. */
const marks = new Set<string>([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/**
 * Where brackets are nested deeper than `limit`; undefined when they are not. The YAML library takes
 * time that grows with the square of the depth, and its stack ends, so this is asked first.
 */
export function tooDeepAt(text: string, limit: number): number | undefined {
  return maximumNesting(text) <= limit ? undefined : scanBrackets(text, limit).tooDeep;
}

/** At least the nesting of brackets: it counts those in texts and comments as well. */
function maximumNesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // [ and {, ] and }: pairs 0x20 apart.
    if ((code & ~0x20) === 0x5b) deepest = Math.max(deepest, ++depth);
    else if ((code & ~0x20) === 0x5d && depth > 0) depth--;
  }
  return deepest;
}

/** Offsets of brackets and quotes that are never closed, in order. */
export const unclosedIn = (text: string): readonly number[] => scanBrackets(text, Number.POSITIVE_INFINITY).unclosed;

function scanBrackets(
  text: string,
  limit: number,
): { readonly tooDeep: number | undefined; readonly unclosed: readonly number[] } {
  const open: number[] = [];
  const unclosed: number[] = [];
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === CST.FLOW_END) {
      unclosed.push(...open.splice(0));
      continue;
    }
    if (marks.has(token)) continue;
    if (token === "[" || token === "{") {
      open.push(offset);
      if (open.length > limit) return { tooDeep: offset, unclosed };
    } else if (token === "]" || token === "}") open.pop();
    else if (/^["']/.test(token) && (token.length === 1 || token.at(-1) !== token[0])) unclosed.push(offset);
    offset += token.length;
  }
  unclosed.push(...open);
  return { tooDeep: undefined, unclosed: unclosed.sort((a, b) => a - b) };
}
